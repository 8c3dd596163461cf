using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Proxy.Actors.Configuration;
using Proxy.Actors.Outbound;
using Proxy.Host.Doors;
using Proxy.Protocol.Failures;

namespace Proxy.Host.Bodies;

/// <summary>Reads request bodies whole, under a limit for each and a budget for all together.</summary>
/// <param name="budget">Bytes of request bodies in memory; sockets count theirs in it, too.</param>
internal sealed class BodyReader(Admission budget)
{
    private const int MaxRatio = 100;
    private const int FirstBuffer = 16 * 1024;

    /// <summary>What a Content-Length alone can reserve. The rest is counted as it comes, or a few idle uploads would shut everybody out.</summary>
    private const int MostOnTrust = 2 * 1024 * 1024;

    /// <summary>Reads and decodes the body. Null and an error when it can't be taken; null and no error when the client is gone.</summary>
    public async Task<(RequestBody? Body, ClientError? Error)> ReadAsync(HttpContext context, ServerOptions options)
    {
        var declared = context.Request.ContentLength;
        if (declared > options.MaxRequestBody)
        {
            return (null, TooLarge(options));
        }

        var counted = 0L;
        var buffer = Array.Empty<byte>();
        var error = Grow(ref buffer, 0, (int)Math.Min(declared ?? FirstBuffer, MostOnTrust), ref counted, options);
        try
        {
            var length = 0;
            while (error is null)
            {
                var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
                var bytes = read.Buffer;
                error = length + bytes.Length > options.MaxRequestBody
                    ? TooLarge(options)
                    : Grow(ref buffer, length, (int)(length + bytes.Length), ref counted, options);
                if (error is null)
                {
                    bytes.CopyTo(buffer.AsSpan(length));
                    length += (int)bytes.Length;
                }

                context.Request.BodyReader.AdvanceTo(bytes.End);
                if (read.IsCompleted && error is null)
                {
                    var body = Decode(context.Request, buffer, length, ref counted, options, out error);
                    if (body is not null)
                    {
                        counted = 0;
                        return (body, null);
                    }
                }
            }

            return (null, error);
        }
        catch (BadHttpRequestException bad)
        {
            return (null, new ClientError(bad.StatusCode, $"The request body can't be read: {bad.Message}"));
        }
        catch (Exception gone) when (gone is OperationCanceledException || (gone is IOException && context.RequestAborted.IsCancellationRequested))
        {
            return (null, null);
        }
        catch (IOException broken)
        {
            return (null, new ClientError(StatusCodes.Status400BadRequest, $"The request body can't be read: {broken.Message}"));
        }
        finally
        {
            budget.Leave(counted);
        }
    }

    private static ClientError TooLarge(ServerOptions options) => new(
        StatusCodes.Status413PayloadTooLarge, $"The request body is larger than limits.request-body allows ({options.MaxRequestBody} bytes, after decompression).");

    private RequestBody? Decode(HttpRequest request, byte[] buffer, int length, ref long counted, ServerOptions options, out ClientError? error)
    {
        error = null;
        var encoding = request.Headers.ContentEncoding.ToString();
        if (BodyDecoder.IsIdentity(encoding) && !BodyDecoder.LooksLikeGzip(buffer.AsSpan(0, length)))
        {
            return new RequestBody(buffer, buffer.AsMemory(0, length), budget, counted);
        }

        using var decoded = BodyDecoder.Open(new MemoryStream(buffer, 0, length, writable: false), BodyDecoder.IsIdentity(encoding) ? "gzip" : encoding, new DecodeLimits(options.MaxRequestBody, MaxRatio));
        var body = decoded is null ? null : Inflate(decoded, ref counted, options, out error);
        if (decoded is null)
        {
            error = new ClientError(
                StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding \"{encoding}\" is not supported. Send gzip, deflate, br{(ZstdLibrary.OfSystem.IsAvailable ? ", zstd" : " (zstd needs libzstd on this machine, and there is none)")}, or the plain body.", "invalid_request_error", "unsupported_encoding");
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return body;
    }

    /// <summary>Inflates piece by piece, each counted before the next: the budget holds while many unfold at once.</summary>
    private RequestBody? Inflate(Stream decoded, ref long counted, ServerOptions options, out ClientError? error)
    {
        var packed = counted;
        var buffer = Array.Empty<byte>();
        var length = 0;
        try
        {
            error = Grow(ref buffer, 0, FirstBuffer, ref counted, options);
            var isWhole = false;
            while (error is null && !isWhole)
            {
                if (length < buffer.Length)
                {
                    var read = decoded.Read(buffer, length, buffer.Length - length);
                    length += read;
                    isWhole = read == 0;
                    continue;
                }

                // A full buffer may hold all of it: one byte on trial, before the buffer doubles.
                var next = decoded.ReadByte();
                isWhole = next < 0;
                error = isWhole ? null : Grow(ref buffer, length, length + 1, ref counted, options);
                if (!isWhole && error is null)
                {
                    buffer[length++] = (byte)next;
                }
            }

            if (isWhole)
            {
                counted -= packed;
                budget.Leave(packed);
                return new RequestBody(buffer, buffer.AsMemory(0, length), budget, counted);
            }
        }
        catch (DecodeLimitException)
        {
            error = TooLarge(options);
        }
        catch (InvalidDataException)
        {
            error = new ClientError(StatusCodes.Status400BadRequest, "The compressed request body is broken.");
        }

        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return null;
    }

    /// <summary>Sees that <paramref name="buffer"/> holds <paramref name="needed"/> bytes, and that the process may hold them.</summary>
    private ClientError? Grow(ref byte[] buffer, int used, int needed, ref long counted, ServerOptions options)
    {
        if (needed <= buffer.Length && buffer.Length > 0)
        {
            return null;
        }

        var size = (int)Math.Min(Math.Max(needed, Math.Max(buffer.Length * 2L, 1024)), Math.Max(options.MaxRequestBody, 1024));
        if (Admit(size - buffer.Length, ref counted, options) is { } full)
        {
            return full;
        }

        var grown = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, used).CopyTo(grown);
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        buffer = grown;
        return null;
    }

    private ClientError? Admit(long amount, ref long counted, ServerOptions options)
    {
        amount = Math.Max(amount, 0);
        if (!budget.TryEnter(amount, options.BodyBudget))
        {
            return new ClientError(StatusCodes.Status503ServiceUnavailable, "Too many large requests at once. Try again in a moment.");
        }

        counted += amount;
        return null;
    }
}
