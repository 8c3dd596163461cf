using Proxy.Actors.Configuration;
using Proxy.Actors.Credentials;

namespace Proxy.Actors.Accounts;

/// <summary>Answers to orders that change auth files. The same for a running proxy and for its files alone.</summary>
internal static class FileOrderWords
{
    /// <summary>To pause and resume.</summary>
    public static OrderOutcome Switched(AuthFileEdit edit, bool isPaused) => edit switch
    {
        { Fault: { } fault } => new OrderOutcome(OrderResult.Failed, $"is not {(isPaused ? "paused" : "resumed")}: {fault}"),
        { Changed: false } => new OrderOutcome(OrderResult.Done, isPaused ? "is paused already" : "was not paused"),
        _ => new OrderOutcome(OrderResult.Done, isPaused ? "is paused; requests in flight go on" : "is resumed"),
    };

    /// <summary>To remove.</summary>
    public static OrderOutcome Deleted(AuthFileEdit edit, string fileName) => edit.Fault is { } fault
        ? new OrderOutcome(OrderResult.Failed, $"is not removed: {fault}")
        : new OrderOutcome(OrderResult.Done, $"is removed; {fileName} is deleted");

    /// <summary>To remove, for an account that stands in the configuration.</summary>
    public static OrderOutcome IsEntry(ApiKeyAccount entry) =>
        new(OrderResult.Refused, $"stands in the configuration: delete {(entry.Place.Length == 0 ? "its entry" : entry.Place)} there");
}
