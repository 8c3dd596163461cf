using Proxy.LoadRun;

// One executable, three roles: the run itself, and the two processes that it starts beside the proxy so that CPU and
// memory of each can be told apart.
return args switch
{
    ["--role", "upstream"] => await UpstreamRole.RunAsync(),
    ["--role", "raw", var upstream] => await RawProxyRole.RunAsync(new Uri(upstream)),
    _ => await Run.MainAsync(RunOptions.Parse(args)),
};
