using System.Net;
using System.Net.Sockets;

namespace Proxy.Host.Logins;

/// <summary>
/// The sockets on which a provider's answer comes in: the same port of 127.0.0.1 and ::1, for "localhost" is either, as
/// the browser likes it (RFC 8252 8.3). No other address is ever listened on.
/// </summary>
internal sealed class CallbackSockets : IDisposable
{
    private const int Backlog = 16;
    private const int Tries = 20;

    private CallbackSockets(IReadOnlyList<Socket> all) => All = all;

    /// <summary>They listen already.</summary>
    public IReadOnlyList<Socket> All { get; }

    /// <summary>Their port.</summary>
    public int Port => ((IPEndPoint)All[0].LocalEndPoint!).Port;

    /// <summary>Takes the port on both addresses; 0 for any that is free on both. Missing IPv6 is no trouble.</summary>
    /// <returns>Null when another program has it.</returns>
    /// <exception cref="SocketException">It may not be listened on.</exception>
    public static CallbackSockets? TryListen(int port)
    {
        for (var left = port == 0 ? Tries : 1; left > 0; left--)
        {
            if (TryBoth(port) is { } sockets)
            {
                return sockets;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var socket in All)
        {
            socket.Dispose();
        }
    }

    private static CallbackSockets? TryBoth(int port)
    {
        Socket? four = null;
        try
        {
            four = Listen(IPAddress.Loopback, port);
            var six = ListenOnIPv6(((IPEndPoint)four.LocalEndPoint!).Port);
            return new CallbackSockets(six is null ? [four] : [four, six]);
        }
        catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            four?.Dispose();
            return null;
        }
        catch
        {
            four?.Dispose();
            throw;
        }
    }

    private static Socket? ListenOnIPv6(int port)
    {
        try
        {
            return Socket.OSSupportsIPv6 ? Listen(IPAddress.IPv6Loopback, port) : null;
        }
        catch (SocketException missing) when (missing.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported)
        {
            return null;
        }
    }

    private static Socket Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                socket.ExclusiveAddressUse = true; // nobody else may take the same port as well
            }

            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog); // at once: two sockets may be bound to one port, but only one may listen
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
