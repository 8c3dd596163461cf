namespace Proxy.Host.Logins;

/// <summary>Reads lines from the terminal until one holds the provider's answer, and says what is wrong with the others.</summary>
internal sealed class PasteReader(TextReader input, TextWriter output, LoginState state)
{
    /// <summary>The answer, once it is pasted. Never ends when the input does: then there is nobody to paste.</summary>
    public async Task<ProviderAnswer> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var line = await ReadLineAsync(cancellation);
            if (line is null)
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellation);
                continue;
            }

            var reading = PastedAnswer.Read(line, state);
            if (reading.Answer is { } answer)
            {
                return answer;
            }

            await output.WriteLineAsync($"{reading.Trouble} Still waiting.".AsMemory(), cancellation);
        }
    }

    // The console's reader blocks its thread whatever it is called with, and can't be called off.
    private async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(() => input.ReadLineAsync(cancellation).AsTask(), cancellation).WaitAsync(cancellation);
        }
        catch (IOException)
        {
            return null; // the terminal is gone; the browser may still answer
        }
    }
}
