using Proxy.Actors.Credentials;
using Proxy.Protocol.Dialects;

namespace Proxy.Host.Importing;

/// <summary>How a login of another program stands to our accounts.</summary>
internal enum Standing
{
    /// <summary>None of ours is this account.</summary>
    New,

    /// <summary>An account of ours is linked to its file.</summary>
    Linked,

    /// <summary>An account of ours has the same tokens: a copy.</summary>
    Copied,

    /// <summary>An account of ours is the same person's, with a login of its own.</summary>
    OwnLogin,
}

/// <summary>A file of another program, and what is in it.</summary>
/// <param name="Kind">Whose it is.</param>
/// <param name="Path">Where.</param>
/// <param name="Login">The login; null when there is none.</param>
/// <param name="Profile">Whose login it is, as far as it is known.</param>
/// <param name="Fault">Why there is none; null when there is.</param>
/// <param name="Standing">How it stands to our accounts.</param>
/// <param name="AccountFile">The auth file of ours that <paramref name="Standing"/> speaks of.</param>
internal sealed record FoundLogin(UpstreamKind? Kind, string Path, OtherProgramLogin? Login, LoginProfile Profile, string? Fault, Standing Standing = Standing.New, string? AccountFile = null)
{
    /// <summary>The program's name.</summary>
    public string Program => Kind is { } kind ? OtherPrograms.NameOf(kind) : "?";

    /// <summary>Free of whose it is.</summary>
    public override string ToString() => $"FoundLogin {{ {Program} }}";
}
