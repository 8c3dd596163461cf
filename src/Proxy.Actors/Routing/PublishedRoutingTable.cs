namespace Proxy.Actors.Routing;

/// <summary>The router's newest <see cref="RoutingTable"/>, for all who must not ask it. Written by the router alone.</summary>
public sealed class PublishedRoutingTable
{
    private volatile RoutingTable _current = RoutingTable.Empty;

    /// <summary>The newest table.</summary>
    public RoutingTable Current => _current;

    internal void Publish(RoutingTable table) => _current = table;
}
