using Proxy.Protocol.Dialects;

namespace Proxy.Actors.Credentials;

/// <summary>The providers' own programs, whose logins can be copied or linked. Their files are theirs: nothing here writes them.</summary>
public static class OtherPrograms
{
    /// <summary>Its name.</summary>
    public static string NameOf(UpstreamKind kind) => kind == UpstreamKind.Claude ? "Claude Code" : "Codex";

    /// <summary>What makes it renew its token.</summary>
    public static string Remedy(UpstreamKind kind) => kind == UpstreamKind.Claude ? "open Claude Code once to renew it" : "run codex once to renew it";
}
