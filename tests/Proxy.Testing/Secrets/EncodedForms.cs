using System.Net;
using System.Text;
using System.Text.Encodings.Web;

namespace Proxy.Testing.Secrets;

/// <summary>The ways in which a secret may stand in a text: raw, in base64, URL-encoded, JSON-escaped.</summary>
public static class EncodedForms
{
    /// <summary>All forms of <paramref name="value"/>, each once.</summary>
    public static IReadOnlyCollection<string> Of(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        var forms = new HashSet<string>(StringComparer.Ordinal) { value };
        var bytes = Encoding.UTF8.GetBytes(value);
        for (var shift = 0; shift < 3; shift++)
        {
            var core = Base64Core(bytes, shift);
            forms.Add(core);
            forms.Add(core.Replace('+', '-').Replace('/', '_'));
        }

        foreach (var url in new[] { Uri.EscapeDataString(value), WebUtility.UrlEncode(value) })
        {
            forms.Add(url);
            forms.Add(WithLowerHex(url, '%', 2));
        }

        foreach (var json in new[] { JavaScriptEncoder.Default.Encode(value), JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value) })
        {
            forms.Add(json);
            forms.Add(WithLowerHex(json, 'u', 4));
        }

        return forms;
    }

    /// <summary>
    /// What base64 makes of <paramref name="bytes"/> when <paramref name="shift"/> other bytes stand before them: the
    /// characters that no neighbour has a part in.
    /// </summary>
    private static string Base64Core(byte[] bytes, int shift)
    {
        var shifted = new byte[shift + bytes.Length];
        bytes.CopyTo(shifted, shift);
        var first = ((shift * 8) + 5) / 6;
        var end = shifted.Length * 8 / 6;
        return Convert.ToBase64String(shifted)[first..end];
    }

    private static string WithLowerHex(string text, char mark, int digits)
    {
        var lower = text.ToCharArray();
        for (var i = 0; i + digits < lower.Length; i++)
        {
            if (lower[i] == mark && (mark == '%' || (i > 0 && lower[i - 1] == '\\')))
            {
                for (var d = i + 1; d <= i + digits; d++)
                {
                    lower[d] = char.ToLowerInvariant(lower[d]);
                }
            }
        }

        return new string(lower);
    }
}
