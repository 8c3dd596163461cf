namespace Proxy.Actors.Credentials;

/// <summary>
/// A lock that the system gives back when its holder dies, however it dies: an open file that nobody else may open
/// (<c>flock</c> on Unix). It also parts tasks of one process.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Takes it; waits for another holder, on the one clock, until <paramref name="limit"/> is over.</summary>
    /// <returns>Null when it could not be had in time.</returns>
    /// <exception cref="IOException">The file can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be made.</exception>
    public static async Task<IDisposable?> TakeAsync(string path, TimeSpan limit, TimeProvider time, CancellationToken cancellation)
    {
        var begun = time.GetTimestamp(); // not the wall clock, which may be set back
        while (true)
        {
            try
            {
                return AtomicFile.Open(path, FileMode.OpenOrCreate);
            }
            catch (IOException e) when (IsHeld(e))
            {
                if (time.GetElapsedTime(begun) >= limit)
                {
                    return null;
                }
            }

            await Task.Delay(Poll, time, cancellation).ConfigureAwait(false);
        }
    }

    // EWOULDBLOCK of Linux and of the BSDs, Windows' sharing and lock violations.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);
}
