using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>A kind of value: how it is read, printed, and described to someone who wrote it wrongly.</summary>
/// <param name="Expected">Completes "write …", with an example.</param>
/// <param name="Read">The value; false when the node holds none of this kind.</param>
/// <param name="Print">The value as YAML; secrets masked.</param>
internal sealed record ValueKind<T>(string Expected, ValueReader<T> Read, Func<T, string> Print);

/// <summary>Reads a value from a node.</summary>
internal delegate bool ValueReader<T>(YamlNode node, ConfigurationReport report, out T value);

/// <summary>The kinds of values in <c>config.yaml</c>.</summary>
internal static class ValueKinds
{
    public static ValueKind<bool> Switch { get; } = new(
        "true or false",
        (YamlNode node, ConfigurationReport _, out bool value) =>
        {
            var text = Scalar(node)?.ToLowerInvariant();
            value = text is "true" or "yes" or "on";
            return value || text is "false" or "no" or "off";
        },
        value => value ? "true" : "false");

    public static ValueKind<string> Text { get; } = new(
        "a text",
        (YamlNode node, ConfigurationReport _, out string value) => (value = Scalar(node) ?? string.Empty).Length > 0 || node is YamlScalarNode,
        Quote);

    public static ValueKind<string> Secret { get; } = Text with { Print = value => Quote(Mask(value)) };

    /// <summary>A secret that travels in a header.</summary>
    public static ValueKind<string> Credential { get; } = new(
        "a key in plain ASCII, on one line",
        (YamlNode node, ConfigurationReport report, out string value) => Secret!.Read(node, report, out value) && IsSendable(value.Trim()),
        Secret.Print);

    public static ValueKind<string> Directory { get; } = new(
        "a path, for example \"~/.cli-proxy-api\"",
        (YamlNode node, ConfigurationReport report, out string value) =>
        {
            var text = Scalar(node);
            value = string.IsNullOrWhiteSpace(text) ? string.Empty : report.PathOf(text);
            return value.Length > 0;
        },
        Quote);

    public static ValueKind<IReadOnlyList<string>> Texts { get; } = ListOf(Quote);

    public static ValueKind<IReadOnlyList<string>> Secrets { get; } = ListOf(value => Quote(Mask(value)));

    public static ValueKind<int> Whole(int min, int max, int example) => new(
        $"a whole number from {min} to {max}, for example {example}",
        (YamlNode node, ConfigurationReport _, out int value) =>
            int.TryParse(Scalar(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= min && value <= max,
        value => value.ToString(CultureInfo.InvariantCulture));

    public static ValueKind<TimeSpan> Duration(TimeSpan min, TimeSpan max) => new(
        $"a duration from {Durations.Print(min)} to {Durations.Print(max)}: seconds as a number, or like 250ms, 30s, 5m, 1h",
        (YamlNode node, ConfigurationReport _, out TimeSpan value) => Durations.TryParse(Scalar(node), out value) && value >= min && value <= max,
        Durations.Print);

    /// <summary>A duration; zero and everything below is none.</summary>
    public static ValueKind<TimeSpan> Pause(TimeSpan max) => new(
        $"a duration up to {Durations.Print(max)}: seconds as a number, or like 250ms, 30s, 5m, 1h; 0 for none",
        (YamlNode node, ConfigurationReport _, out TimeSpan value) =>
            (int.TryParse(Scalar(node), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) && seconds <= 0)
                ? (value = TimeSpan.Zero) == TimeSpan.Zero
                : Durations.TryParse(Scalar(node), out value) && value <= max,
        Durations.Print);

    public static ValueKind<long> Size(long min, long max) => new(
        $"a size from {ByteSizes.Print(min)} to {ByteSizes.Print(max)}: bytes as a number, or like 512KiB, 64MiB",
        (YamlNode node, ConfigurationReport _, out long value) => ByteSizes.TryParse(Scalar(node), out value) && value >= min && value <= max,
        ByteSizes.Print);

    public static ValueKind<string> OneOf(params string[] values) => new(
        $"one of {string.Join(", ", values)}",
        (YamlNode node, ConfigurationReport _, out string value) => Array.IndexOf(values, value = Scalar(node)?.ToLowerInvariant() ?? string.Empty) >= 0,
        Quote);

    /// <summary>An http(s) address. <paramref name="plainOnlyLoopback"/>: a login's token may leave the machine over TLS alone.</summary>
    public static ValueKind<Uri> Address(bool plainOnlyLoopback) => new(
        plainOnlyLoopback
            ? "an https address, for example \"https://api.example.com\" (http is accepted for loopback addresses only)"
            : "an http or https address, for example \"https://api.example.com/v1\"",
        (YamlNode node, ConfigurationReport _, out Uri value) =>
        {
            var good = Uri.TryCreate(Scalar(node)?.TrimEnd('/'), UriKind.Absolute, out var uri)
                && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && (!plainOnlyLoopback || uri.IsLoopback)))
                && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
            value = uri!;
            return good;
        },
        uri => Quote(Plain(uri)));

    public static ValueKind<OutboundProxy> Proxy { get; } = new(
        "a proxy address like \"socks5://127.0.0.1:1080\" or \"http://proxy.example.com:3128\", or direct for none at all",
        (YamlNode node, ConfigurationReport _, out OutboundProxy value) => OutboundProxy.TryParse(Scalar(node), out value),
        proxy => Quote(proxy.ToString()));

    /// <summary>True for what a header can carry: visible ASCII and blanks.</summary>
    public static bool IsSendable(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>The text of a scalar; null when the node is none.</summary>
    public static string? Scalar(YamlNode node) => (node as YamlScalarNode)?.Value;

    /// <summary>Enough of a secret to recognise it, and no more.</summary>
    public static string Mask(string secret) => secret.Length > 12 ? $"{secret[..4]}…{secret[^2..]}" : secret.Length == 0 ? string.Empty : "***";

    public static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Plain(Uri uri) => uri.GetLeftPart(UriPartial.Path).TrimEnd('/');

    private static ValueKind<IReadOnlyList<string>> ListOf(Func<string, string> print) => new(
        "a list, one entry per line after a dash",
        (YamlNode node, ConfigurationReport _, out IReadOnlyList<string> value) =>
        {
            value = [];
            if (node is not YamlSequenceNode sequence || sequence.Children.Any(c => c is not YamlScalarNode))
            {
                return false;
            }

            value = [.. sequence.Children.Select(c => Scalar(c) ?? string.Empty)];
            return true;
        },
        list => $"[{string.Join(", ", list.Select(print))}]");
}
