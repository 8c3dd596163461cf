using System.Text.Json;
using Proxy.Protocol.Json;

namespace Proxy.Protocol.Conversations;

/// <summary>Tool input between its two forms: a JSON value (Anthropic) and a string that holds JSON text (OpenAI).</summary>
internal static class ToolInputs
{
    /// <summary>Writes the input as an object; <c>{}</c> where it is none (spec/protocols.md E41).</summary>
    public static void WriteObject(Utf8JsonWriter writer, ToolCallItem call)
    {
        if (call.IsCustom)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("input"u8);
            writer.WriteText(call.Input.Text.IsPresent ? call.Input.Text : JsonText.Empty);
            writer.WriteEndObject();
        }
        else if (call.Input.Value.IsObject)
        {
            writer.WriteRawValue(call.Input.Value.Utf8.Span, skipInputValidation: true);
        }
        else
        {
            var json = call.Input.Text.Unescape();
            writer.WriteRawValue(json is { } text && IsObject(text.Span) ? text.Span : "{}"u8, skipInputValidation: true);
        }
    }

    /// <summary>Writes the input as a string of JSON text, verbatim; a value that is no object is written as it is.</summary>
    public static void WriteText(Utf8JsonWriter writer, ToolCallItem call, bool wrapCustom)
    {
        if (call.IsCustom && wrapCustom)
        {
            var text = call.Input.Text.IsPresent ? call.Input.Text : JsonText.Empty;
            writer.WriteEscaped([.. "{\"input\":"u8, .. text.Quoted.Span, .. "}"u8]);
        }
        else if (call.Input.Text.IsPresent)
        {
            writer.WriteText(call.Input.Text);
        }
        else if (call.Input.Value.IsPresent)
        {
            writer.WriteEscaped(call.Input.Value.Utf8.Span);
        }
        else
        {
            writer.WriteStringValue(call.IsCustom ? ""u8 : "{}"u8);
        }
    }

    private static bool IsObject(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
