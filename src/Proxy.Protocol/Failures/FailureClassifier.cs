namespace Proxy.Protocol.Failures;

/// <summary>The one classifier: what an upstream answered, to what it means (docs/architecture.md, "Failures").</summary>
public static class FailureClassifier
{
    /// <summary>Classifies <paramref name="error"/>. Pure: <paramref name="now"/> only turns relative waits into times.</summary>
    public static Failure Classify(UpstreamError error, DateTimeOffset now) => throw new NotSupportedException();
}
