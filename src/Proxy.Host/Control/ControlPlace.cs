using System.IO.Pipes;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Host.Control;

/// <summary>
/// Where the control door of a state directory is: a Unix socket in it, on Windows a named pipe of the current user. Both
/// are reached from this machine by the user who runs the proxy, and by nobody else.
/// </summary>
internal sealed class ControlPlace
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private ControlPlace(string path, string? pipe) => (Path, Pipe) = (path, pipe);

    /// <summary>The socket's path; on Windows the pipe's name, for people.</summary>
    public string Path { get; }

    /// <summary>The pipe's name; null where there are Unix sockets.</summary>
    public string? Pipe { get; }

    /// <summary>The place that belongs to a state directory.</summary>
    public static ControlPlace Of(string stateDirectory)
    {
        if (!OperatingSystem.IsWindows())
        {
            return new ControlPlace(System.IO.Path.Join(stateDirectory, "control.sock"), null);
        }

        // Pipes have no directories: the name says which one.
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(stateDirectory)).ToUpperInvariant();
        var pipe = $"cliproxyactors-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full)).AsSpan(0, 8))}";
        return new ControlPlace(@"\\.\pipe\" + pipe, pipe);
    }

    /// <summary>Connects to whoever listens there.</summary>
    /// <exception cref="SocketException">Nobody does, or it may not be reached.</exception>
    /// <exception cref="IOException">Nobody does (pipes).</exception>
    /// <exception cref="TimeoutException">Nobody does (pipes).</exception>
    public async ValueTask<Stream> ConnectAsync(CancellationToken cancellation)
    {
        if (Pipe is { } name)
        {
            var pipe = new NamedPipeClientStream(".", name, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
            try
            {
                await pipe.ConnectAsync(TimeSpan.Zero, cancellation);
                return pipe;
            }
            catch
            {
                await pipe.DisposeAsync();
                throw;
            }
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(EndPoint(), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Binds the Unix socket. Its mode is set before anybody listens on it, so there is no moment at which others could
    /// connect. One that is left from a dead proxy is replaced, a living one's is not.
    /// </summary>
    /// <exception cref="ControlUnavailableException">It can't be had; the message says why.</exception>
    public async Task<Socket> BindAsync(CancellationToken cancellation)
    {
        if (await IsAliveAsync(cancellation))
        {
            throw new ControlUnavailableException($"another running proxy answers on {Path}");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(Path);
            socket.Bind(EndPoint());
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(Path, OwnerOnly);
            }

            return socket;
        }
        catch (Exception refused) when (refused is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ControlUnavailableException($"{Path} can't be made: {refused.Message.TrimEnd('.')}", refused);
        }
    }

    private async Task<bool> IsAliveAsync(CancellationToken cancellation)
    {
        try
        {
            await using var stream = await ConnectAsync(cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false; // nobody listens: what is there was left by a dead one
        }
    }

    private UnixDomainSocketEndPoint EndPoint()
    {
        try
        {
            return new UnixDomainSocketEndPoint(Path);
        }
        catch (ArgumentOutOfRangeException tooLong)
        {
            throw new ControlUnavailableException($"{Path} is too long for a socket ({Encoding.UTF8.GetByteCount(Path)} bytes; the system takes about 100). Choose a shorter state-dir", tooLong);
        }
    }
}

/// <summary>There is no control socket. The message is for the owner; the proxy serves all the same.</summary>
internal sealed class ControlUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
