using Proxy.Protocol.Requests;

namespace Proxy.Host.Endpoints;

/// <summary>What the proxy answers itself. One of both is there.</summary>
/// <param name="Json">The body of the answer.</param>
/// <param name="Problem">Why there can be none.</param>
internal sealed record LocalAnswer(ReadOnlyMemory<byte> Json, RequestProblem? Problem);
