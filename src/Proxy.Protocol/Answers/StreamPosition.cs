using Proxy.Protocol.Json;

namespace Proxy.Protocol.Answers;

/// <summary>
/// Where a stream stands: what the event that breaks it off must go on from. Only Responses counts its events and names
/// the response in each that holds it; elsewhere it is <c>default</c>.
/// </summary>
/// <param name="NextSequenceNumber">The number that the next event will carry.</param>
/// <param name="ResponseId">The response's id as the client knows it; absent while nothing was told.</param>
/// <param name="Model">The response's model as the client knows it; absent while nothing was told.</param>
/// <param name="CreatedAt">Its creation, in Unix seconds.</param>
public readonly record struct StreamPosition(int NextSequenceNumber, JsonText ResponseId, JsonText Model, long CreatedAt);
