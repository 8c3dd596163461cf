using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>YAML that is passed on, or walked, without a table of keys.</summary>
internal static class YamlValues
{
    private const int DeepestValue = 64;
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The pairs of a map; anything else but nothing is an error.</summary>
    /// <param name="node">The map.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="expected">Completes "is a map of …".</param>
    /// <param name="report">Where the error goes.</param>
    public static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Pairs(YamlNode node, string path, string expected, ConfigurationReport report)
    {
        if (node is YamlMappingNode mapping)
        {
            return mapping.Children;
        }

        if (!IsNothing(node))
        {
            report.Error(path, node.Start, $"is a map of {expected}.");
        }

        return [];
    }

    /// <summary>True for a key without a value.</summary>
    public static bool IsNothing(YamlNode node) => node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    /// <summary>The value as JSON: plain true, false, null and numbers as they are written, every other text as a string. Null when it is nested too deeply.</summary>
    public static ReadOnlyMemory<byte>? ToJson(YamlNode node)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json, Relaxed);
        if (!TryWrite(node, writer, 0))
        {
            return null;
        }

        writer.Flush();
        return json.WrittenMemory;
    }

    private static bool TryWrite(YamlNode node, Utf8JsonWriter writer, int depth)
    {
        if (depth > DeepestValue)
        {
            return false;
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                writer.WriteStartObject();
                foreach (var (key, value) in mapping.Children)
                {
                    writer.WritePropertyName(ValueKinds.Scalar(key) ?? string.Empty);
                    if (!TryWrite(value, writer, depth + 1))
                    {
                        return false;
                    }
                }

                writer.WriteEndObject();
                return true;
            case YamlSequenceNode sequence:
                writer.WriteStartArray();
                foreach (var element in sequence.Children)
                {
                    if (!TryWrite(element, writer, depth + 1))
                    {
                        return false;
                    }
                }

                writer.WriteEndArray();
                return true;
            default:
                WriteScalar((YamlScalarNode)node, writer);
                return true;
        }
    }

    private static void WriteScalar(YamlScalarNode scalar, Utf8JsonWriter writer)
    {
        var text = scalar.Value ?? string.Empty;
        if (scalar.Style != ScalarStyle.Plain)
        {
            writer.WriteStringValue(text);
        }
        else if (IsNothing(scalar))
        {
            writer.WriteNullValue();
        }
        else if (text is "true" or "false" || IsNumber(text))
        {
            writer.WriteRawValue(text);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool IsNumber(string text)
    {
        if (!(char.IsAsciiDigit(text[0]) || text[0] == '-'))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
