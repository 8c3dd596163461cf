namespace Proxy.Actors.Engine;

/// <summary>The engine can't start, for a reason that its owner can mend. The message is for them.</summary>
public sealed class EngineStartException : Exception
{
    /// <summary>With no reason.</summary>
    public EngineStartException()
    {
    }

    /// <summary>With a reason.</summary>
    public EngineStartException(string message)
        : base(message)
    {
    }

    /// <summary>With a reason and its cause.</summary>
    public EngineStartException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
