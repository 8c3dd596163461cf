using System.Text.Json;
using Proxy.Testing.Secrets;

namespace Proxy.Host.Tests.Hosting;

/// <summary>
/// What a fixture's client sends and gets: keys and prompts become canaries of the test, and what the host says in headers,
/// errors and its debug endpoint is searched for secrets.
/// </summary>
internal sealed class WatchedClient(TestScope scope, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly string[] SecretHeaders = ["Authorization", "Proxy-Authorization", "x-api-key", "x-goog-api-key", "Cookie"];
    private static readonly string[] Spoken = ["content", "text", "input", "system", "instructions", "prompt"];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var name in SecretHeaders)
        {
            if (request.Headers.TryGetValues(name, out var values))
            {
                scope.Register(string.Join(' ', values).Split(' ')[^1]);
            }
        }

        if (request.Content is StringContent body)
        {
            RegisterPrompts(await body.ReadAsStringAsync(cancellationToken));
        }

        var answer = await base.SendAsync(request, cancellationToken);
        foreach (var (name, values) in answer.Headers)
        {
            scope.Show($"{name}: {string.Join(' ', values)}", ShownIn.Answer);
        }

        var isDebug = request.RequestUri!.AbsolutePath.StartsWith("/debug", StringComparison.Ordinal);
        if (isDebug || !answer.IsSuccessStatusCode)
        {
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            scope.Show(await answer.Content.ReadAsStringAsync(cancellationToken), isDebug ? ShownIn.Debug : ShownIn.Answer);
        }

        return answer;
    }

    private void RegisterPrompts(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            Register(json.RootElement);
        }
        catch (JsonException)
        {
            // a test that sends something else on purpose
        }
    }

    private void Register(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                Register(item);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.String)
                {
                    Register(member.Value);
                }
                else if (Spoken.Contains(member.Name))
                {
                    scope.Register(member.Value.GetString()!, CanaryKind.Prompt);
                }
            }
        }
    }
}
