using Akka.Actor;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Accounts;
using Proxy.Actors.Routing;
using Proxy.Protocol.Answers;
using Proxy.Protocol.Dialects;
using Proxy.Protocol.Failures;
using Proxy.Protocol.Requests;
using Failure = Proxy.Protocol.Failures.Failure;

namespace Proxy.Actors.Relay;

/// <summary>One request: asks the router, makes attempts, says the last word. Used once.</summary>
/// <param name="parts">What every request works with.</param>
/// <param name="request">The request.</param>
/// <param name="unfit">Why it can't be asked of anybody; null when it can.</param>
/// <param name="sink">Where the answer goes.</param>
/// <param name="ticket">Its ticket.</param>
internal sealed class RelayRun(RelayParts parts, RelayRequest request, RequestProblem? unfit, IAnswerSink sink, TicketId ticket)
{
    /// <summary>A client whose time is over has this long to take the error.</summary>
    private static readonly TimeSpan LastWordsWait = TimeSpan.FromSeconds(5);

    private readonly long _startedAt = parts.Time.GetTimestamp();
    private UpstreamAttempt? _last;
    private Lease? _lastLease;
    private Failure? _lastFailure;

    public async Task<RelayResult> RunAsync(CancellationToken clientGone)
    {
        var deadline = request.Configuration.Routing.RequestDeadline;
        using var watch = new StreamWatch(parts.Clock, deadline, clientGone);
        var client = new ClientSide(request, sink, watch);
        using var gate = client.Gate;
        if (client.Streams)
        {
            watch.ExpectKeepAlive(request.Configuration.Relay.KeepAlive);
        }

        var isServed = false;
        try
        {
            isServed = await ServeAsync(client, watch, parts.Time.GetUtcNow() + deadline);
        }
        catch (OperationCanceledException) when (watch.RequestToken.IsCancellationRequested)
        {
            // Said below: who left, or whose time is over.
        }
#pragma warning disable CA1031 // The last line of defence: a bug of ours becomes an error that the client can read.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            // The message of an unexpected exception may quote anything: type and place will do.
            parts.Log.LogError("request {RequestId} failed inside the proxy: {Exception}\n{Place}", request.RequestId, bug.GetType().Name, bug.StackTrace);
            await SayAsync(client, watch, new ClientError(500, $"an error inside the proxy; its log has it under {request.RequestId}"));
        }
        finally
        {
            request.BodyOwner?.Dispose();
            parts.Router.Tell(new RouterCommands.RequestEnded(ticket), ActorRefs.NoSender);
        }

        if (watch.DeadlinePassed && !isServed)
        {
            await SayAsync(client, watch, new ClientError(504, $"the request took longer than {deadline.TotalMinutes:0} minutes"));
        }
        else if (watch.WriteStalled)
        {
            sink.Abort();
        }

        return Result(client, isGone: !isServed && watch.RequestToken.IsCancellationRequested && !watch.DeadlinePassed);
    }

    /// <returns>True when the client got its last word, good or bad.</returns>
    private async Task<bool> ServeAsync(ClientSide client, StreamWatch watch, DateTimeOffset deadline)
    {
        if (unfit is not null)
        {
            return await RefuseAsync(client, unfit);
        }

        object question = new RouterCommands.Begin(ticket, request.Facts, deadline);
        while (true)
        {
            var answer = await AskAsync(question, client, watch);
            if (answer is RouterAnswers.Fail { Failure: var failure })
            {
                await client.FailAsync(failure.Error, failure.RetryAfter, failure.TellNotToRetry, _last?.Headers);
                return true;
            }

            var use = (RouterAnswers.Use)answer;
            client.Attempts++;
            _lastLease = use.Lease;
            NoteModel(client, use.Lease);
            _last = new UpstreamAttempt(parts, request, client, watch, use);
            var end = await _last.RunAsync();
            _lastFailure = _last.Failure ?? _lastFailure;
            switch (end)
            {
                case AttemptEnd.Served:
                    return true;
                case AttemptEnd.Broken:
                    await client.FinishAsync();
                    return true;
                case AttemptEnd.Cancelled:
                    watch.Leave();
                    return false;
                case AttemptEnd.Refused:
                    return await RefuseAsync(client, _last.Problem!);
                default:
                    client.Gate.Reset();
                    question = new RouterCommands.Next(ticket, use.Lease.Id);
                    break;
            }
        }
    }

    private static async Task<bool> RefuseAsync(ClientSide client, RequestProblem problem)
    {
        await client.FailAsync(new ClientError(400, problem.Message, Code: problem.Code, Parameter: problem.Parameter));
        return true;
    }

    /// <summary>Another model than the asked one serves: the log and the client are told, each time that it changes.</summary>
    private void NoteModel(ClientSide client, Lease lease)
    {
        var isOther = request.IsRedirected || !request.IsOfAsked(lease);
        var served = isOther ? lease.RoutedModel.Length > 0 ? lease.RoutedModel : request.Facts.Model : null;
        if (served is not null && served != client.ServedModel)
        {
            parts.Log.LogInformation(
                "request {RequestId}: {Asked} {Why}, {Served} is used instead",
                request.RequestId, request.Client.Model, request.IsOfAsked(lease) ? "is retired" : "is out of quota on every account", served);
        }

        client.ServedModel = served;
    }

    /// <summary>An answer may take as long as the router parks the request; the client is looked after meanwhile.</summary>
    private async Task<object> AskAsync(object question, ClientSide client, StreamWatch watch)
    {
        var answer = parts.Router.Ask<object>(question, watch.RequestToken);
        if (!answer.IsCompleted)
        {
            await client.AttendAsync(answer.ConfigureAwait(false).GetAwaiter(), attempt: null);
        }

        return await answer;
    }

    private async Task SayAsync(ClientSide client, StreamWatch watch, ClientError error)
    {
        if (client.Status != 0 && (client.Gate.State == GateState.Held || sink.HasStarted && !client.Streams))
        {
            sink.Abort();
            return;
        }

        using var grace = new CancellationTokenSource(LastWordsWait, parts.Time);
        if (watch.RequestToken.IsCancellationRequested)
        {
            client.AllowLastWords(grace.Token);
        }

        await client.FailAsync(error);
    }

    private RelayResult Result(ClientSide client, bool isGone) => new()
    {
        Status = client.Status != 0 ? client.Status : 499,
        Account = _lastLease?.Label,
        Attempts = client.Attempts,
        UpstreamDialect = _lastLease?.Kind.Dialect(),
        FirstByte = _last?.FirstContentAt is { } at ? parts.Time.GetElapsedTime(_startedAt, at) : null,
        Total = parts.Time.GetElapsedTime(_startedAt),
        Usage = _last?.Usage ?? Usage.Unknown,
        LastFailure = _lastFailure,
        ClientGone = isGone,
    };
}
