var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder(args); await using var app = builder.Build(); await app.StartAsync(); await app.StopAsync();
