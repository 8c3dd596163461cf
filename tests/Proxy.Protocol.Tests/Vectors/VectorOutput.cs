using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>What the client of a case got, as it stands on the wire.</summary>
/// <param name="Client">Whose dialect it is.</param>
/// <param name="IsStream">Frames; one JSON otherwise.</param>
/// <param name="Status">200, or an HTTP error's.</param>
/// <param name="Body">The bytes.</param>
internal sealed record VectorOutput(Dialect Client, bool IsStream, int Status, byte[] Body);
