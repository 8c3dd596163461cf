using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Proxy.Sandbox.Faults;
using Proxy.Sandbox.Recording;

namespace Proxy.Sandbox.Delivery;

/// <summary>What happens to every request of a simulated upstream: read, record, take the fault, answer, send.</summary>
internal sealed class RequestPipeline(RequestLog log, FaultScript loginFaults, TimeProvider time)
{
    public async Task RunAsync(HttpContext http, ISandboxService service)
    {
        var request = http.Request;
        ReadOnlyMemory<byte> body;
        try
        {
            body = await ReadAsync(request, http.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // gone while it was still sending: nobody is left to answer
            return;
        }

        var operation = service.OperationOf(request.Method, request.Path.Value ?? "/");
        var account = service.AccountOf(request, operation, body);
        var script = account?.Script ?? (operation is SandboxOperation.Authorize or SandboxOperation.Device ? loginFaults : null);
        var fault = script?.Take(operation) ?? SandboxFault.None;
        var record = Record(http, body, operation, account?.Name);
        log.Add(record);
        var sender = (ReplySender?)null;
        await using var watch = http.RequestAborted.Register(() =>
        {
            if (sender?.EndedByFault != true)
            {
                record.MarkAborted();
            }
        });
        try
        {
            var exchange = new SandboxExchange(record.Number, operation, account, fault, request, body, record.Time);
            var reply = fault.Status is null
                ? service.Answer(exchange)
                : Reply.Of(fault, service.CommonHeaders(record.Number, account));
            sender = new ReplySender(http, reply, fault, record, time);
            await sender.SendAsync();
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException)
        {
            // the client left: RecordedRequest.Aborted tells it
        }
        finally
        {
            // the waiting handler may hear of the abort before the callback above, and then takes it off the list
            if (http.RequestAborted.IsCancellationRequested && sender?.EndedByFault != true)
            {
                record.MarkAborted();
            }

            record.MarkCompleted();
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is { } length and < int.MaxValue)
        {
            if (length == 0)
            {
                return default;
            }

            var exact = GC.AllocateUninitializedArray<byte>((int)length);
            await request.Body.ReadExactlyAsync(exact, ct);
            return exact;
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, ct);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private RecordedRequest Record(HttpContext http, ReadOnlyMemory<byte> body, SandboxOperation operation, string? account)
    {
        var headers = new List<KeyValuePair<string, string>>(http.Request.Headers.Count);
        foreach (var (name, values) in http.Request.Headers)
        {
            foreach (var value in values)
            {
                headers.Add(new KeyValuePair<string, string>(name, value ?? string.Empty));
            }
        }

        return new RecordedRequest
        {
            Number = log.NextNumber(),
            Account = account,
            Operation = operation,
            Method = http.Request.Method,
            Path = http.Request.Path + http.Request.QueryString,
            Headers = headers,
            Body = body,
            Time = time.GetUtcNow(),
            ConnectionId = http.Connection.Id,
            Protocol = http.Request.Protocol,
        };
    }
}
