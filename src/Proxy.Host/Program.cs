using Proxy.Host.CommandLine;
using Proxy.Host.Serving;

#pragma warning disable RS0030 // the one place that picks the system's clock
var time = TimeProvider.System;
#pragma warning restore RS0030
return await ProxyCommand.InvokeAsync(args, (arguments, cancellation) => ServeCommand.RunAsync(arguments, time, RealEngine.StartAsync, cancellation));
