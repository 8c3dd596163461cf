namespace Proxy.Testing.Secrets;

/// <summary>Where a text was shown: what must not stand in it differs.</summary>
public enum ShownIn
{
    /// <summary>A line of the log.</summary>
    Log,

    /// <summary>The debug endpoint, or an actor's state.</summary>
    Debug,

    /// <summary>An answer to a client. It may speak of what the client itself said.</summary>
    Answer,

    /// <summary>The message of an exception that the product threw.</summary>
    Exception,

    /// <summary>The terminal of the person who runs a command; the account's owner may read the address there.</summary>
    Terminal,
}

/// <summary>What kind of secret a canary stands for.</summary>
public enum CanaryKind
{
    /// <summary>Tokens, keys, passwords, header values: nowhere.</summary>
    Credential,

    /// <summary>What a person wrote to a model: nowhere but in answers to that person.</summary>
    Prompt,

    /// <summary>An e-mail address: only on the owner's terminal.</summary>
    Mail,
}
