namespace Proxy.Testing.Secrets;

/// <summary>A test passed, and yet showed what nobody may see.</summary>
public sealed class SecretShownException(IReadOnlyList<Leak> leaks)
    : Exception($"{leaks.Count} time(s) a secret was shown (tests/Proxy.Testing/Secrets). First: {string.Join("\n", leaks.Take(5))}");
