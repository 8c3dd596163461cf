using Proxy.Host.CommandLine;
using Proxy.Host.Configuration;
using Proxy.Host.Serving;

#pragma warning disable RS0030 // the one place that picks the system's clock
var time = TimeProvider.System;
#pragma warning restore RS0030
return await ProxyCommand.InvokeAsync(args, new CommandContext(time, RealEngine.StartAsync, DefaultPlaces.OfUser()));
