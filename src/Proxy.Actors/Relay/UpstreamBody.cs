using Proxy.Protocol.Json;

namespace Proxy.Actors.Relay;

/// <summary>Reads a whole body within a limit, while the client is looked after.</summary>
internal static class UpstreamBody
{
    private const int ReadSize = 16 * 1024;

    /// <summary>Reads to the end, or until <paramref name="limit"/> bytes are there.</summary>
    /// <returns>False when there is more than the limit.</returns>
    public static async Task<bool> ReadAsync(Stream source, PooledBufferWriter body, int limit, ClientSide client, UpstreamAttempt attempt)
    {
        while (true)
        {
            var free = body.GetMemory(ReadSize);
            var pending = source.ReadAsync(free[..Math.Min(free.Length, Math.Max(1, limit - body.Length + 1))], attempt.Token);
            if (!pending.IsCompleted)
            {
                await client.AttendAsync(pending.ConfigureAwait(false).GetAwaiter(), attempt);
            }

            var read = await pending;
            if (read == 0)
            {
                attempt.IsReadToItsEnd = true;
                return true;
            }

            body.Advance(read);
            if (body.Length > limit)
            {
                body.Rewind(limit);
                return false;
            }
        }
    }
}
