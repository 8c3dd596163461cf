namespace Proxy.Protocol.Quota;

/// <summary>Which models share a model window.</summary>
public static class ModelFamily
{
    /// <summary>
    /// The family of an upstream model: of <c>claude-opus-4-5-20251101</c> and <c>claude-3-opus-latest</c> it is <c>opus</c>;
    /// of every other model it is the model itself.
    /// </summary>
    public static string Of(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        const string Claude = "claude-";
        if (model.StartsWith(Claude, StringComparison.OrdinalIgnoreCase))
        {
            var rest = model.AsSpan(Claude.Length);
            foreach (var range in rest.Split('-'))
            {
                var word = rest[range];
                if (word.Length > 0 && !word.ContainsAnyExcept(Letters))
                {
                    return word.ToString().ToLowerInvariant();
                }
            }
        }

        return model.ToLowerInvariant();
    }

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}
