using System.Net.Http.Headers;
using Akka.Actor;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Quota;

namespace Proxy.Actors.Relay;

/// <summary>What there is to say of an attempt that is over.</summary>
/// <param name="Status">The HTTP status; null when no answer came.</param>
/// <param name="Failure">How it failed; null when it did not.</param>
/// <param name="Usage">The tokens it reported.</param>
/// <param name="FirstContentAt">When its first content came, as a timestamp; null when none did.</param>
internal readonly record struct AttemptFigures(int? Status, FailureClass? Failure, Usage Usage, long? FirstContentAt);

/// <summary>
/// All that one attempt tells of itself: quota readings to its account as soon as they are read, its end to the account
/// (once) and to the ledger. Nothing is decided here. Its time runs from when it is made.
/// </summary>
internal readonly struct AttemptReports(RelayParts parts, RelayRequest request, RouterAnswers.Use use, bool isStreamed)
{
    private readonly long _startedAt = parts.Time.GetTimestamp();

    /// <summary>Tells the account what an answer's headers say of its quota.</summary>
    public void Observe(HttpHeadersNonValidated headers)
    {
        var reader = new QuotaHeaderReader(use.Lease.Kind);
        foreach (var header in headers)
        {
            if (reader.Wants(header.Key))
            {
                reader.Take(header.Key, header.Value.ToString());
            }
        }

        Observe(reader.Read(parts.Time.GetUtcNow()));
    }

    /// <summary>Tells the account what a rate-limit event inside the stream said.</summary>
    public void Observe(ReadOnlySpan<byte> codexEvent) => Observe(QuotaReadings.FromCodexEvent(codexEvent, parts.Time.GetUtcNow()));

    /// <summary>Gives the lease back, and takes the attempt down.</summary>
    public void Ended(AttemptOutcome outcome, in AttemptFigures figures)
    {
        var lease = use.Lease;
        parts.Accounts.Tell(new AccountCommands.LeaseEnded(lease.Account, lease.Id, outcome), ActorRefs.NoSender);
        parts.Ledger.Record(new()
        {
            Time = parts.Time.GetUtcNow(),
            RequestId = request.RequestId,
            Attempt = use.Attempt,
            Account = lease.Account,
            Label = lease.Label,
            Provider = lease.Provider,
            Model = lease.UpstreamModel,
            AskedModel = request.Facts.AskedModel,
            Purpose = lease.Purpose,
            IsStreamed = isStreamed,
            Session = request.Facts.Session,
            ClientKey = request.ClientKey,
            Client = request.ClientName,
            IsCommitted = outcome.Committed,
            IsCancelled = outcome.Cancelled,
            ClientDialect = request.Client.Dialect,
            UpstreamDialect = lease.Kind.Dialect(),
            Status = figures.Status,
            Failure = figures.Failure,
            Usage = figures.Usage,
            FirstByte = figures.FirstContentAt is { } at ? parts.Time.GetElapsedTime(_startedAt, at) : null,
            Total = parts.Time.GetElapsedTime(_startedAt),
        });
    }

    private void Observe(QuotaReading? reading)
    {
        if (reading is not null)
        {
            parts.Accounts.Tell(new AccountCommands.Observed(use.Lease.Account, use.Lease.Id, reading), ActorRefs.NoSender);
        }
    }
}
