using System.Text.Json.Nodes;
using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Members;

/// <summary>One part of what a user says or a tool answers: exactly one of text, image and file.</summary>
internal sealed record GeneratedPart(string? Text = null, string? ImageData = null, string? ImageUrl = null, string? FileData = null, string? FileName = null, string? FileUrl = null, bool IsDetailed = false);

/// <summary>A call.</summary>
internal sealed record GeneratedCall(string Id, string Name, bool IsCustom, string Input);

/// <summary>Its result.</summary>
internal sealed record GeneratedResult(string Id, bool IsCustom, string Text, GeneratedPart? Image, bool IsError);

/// <summary>What the user says, then the model; calls are answered in the next turn, and the last turn calls nothing.</summary>
internal sealed record GeneratedTurn(List<GeneratedResult> Results, List<GeneratedPart> User, List<string> Assistant, List<GeneratedCall> Calls);

/// <summary>Parts and tools in the words of each dialect, as its clients write them.</summary>
internal static class GeneratedForms
{
    public static JsonObject TextBlock(string type, string text) => new() { ["type"] = type, ["text"] = text };

    public static JsonNode AnthropicPart(GeneratedPart part)
    {
        static JsonObject Media(string type, JsonObject source) => new() { ["type"] = type, ["source"] = source };
        static JsonObject Data(string type, string data) => new() { ["type"] = "base64", ["media_type"] = type, ["data"] = data };
        if (part.FileData is not null)
        {
            var document = Media("document", Data("application/pdf", part.FileData));
            document["title"] = part.FileName;
            return document;
        }

        return part.Text is not null ? TextBlock("text", part.Text)
            : part.ImageData is not null ? Media("image", Data("image/png", part.ImageData))
            : Media(part.ImageUrl is not null ? "image" : "document", new JsonObject { ["type"] = "url", ["url"] = part.ImageUrl ?? part.FileUrl });
    }

    /// <summary>Chat knows no address of a file; the words stand in for it.</summary>
    public static JsonNode ChatPart(GeneratedPart part)
    {
        if (part.Text is not null || part.FileUrl is not null)
        {
            return TextBlock("text", part.Text ?? part.FileUrl!);
        }

        if (part.FileData is not null)
        {
            return new JsonObject { ["type"] = "file", ["file"] = new JsonObject { ["filename"] = part.FileName, ["file_data"] = "data:application/pdf;base64," + part.FileData } };
        }

        var image = new JsonObject { ["url"] = part.ImageUrl ?? "data:image/png;base64," + part.ImageData };
        if (part.IsDetailed)
        {
            image["detail"] = "high";
        }

        return new JsonObject { ["type"] = "image_url", ["image_url"] = image };
    }

    public static JsonNode ResponsesPart(GeneratedPart part)
    {
        if (part.Text is not null)
        {
            return TextBlock("input_text", part.Text);
        }

        if (part.FileData is not null)
        {
            return new JsonObject { ["type"] = "input_file", ["filename"] = part.FileName, ["file_data"] = "data:application/pdf;base64," + part.FileData };
        }

        if (part.FileUrl is not null)
        {
            return new JsonObject { ["type"] = "input_file", ["file_url"] = part.FileUrl };
        }

        var image = new JsonObject { ["type"] = "input_image", ["image_url"] = part.ImageUrl ?? "data:image/png;base64," + part.ImageData };
        if (part.IsDetailed)
        {
            image["detail"] = "high";
        }

        return image;
    }

    public static JsonObject Custom(Dialect dialect, string name)
    {
        const string Description = "free";
        return dialect == Dialect.OpenAIChat
            ? new JsonObject { ["type"] = "custom", ["custom"] = new JsonObject { ["name"] = name, ["description"] = Description, ["format"] = JsonNode.Parse("""{"type":"grammar","grammar":{"syntax":"lark","definition":"start: \"x\""}}""") } }
            : new JsonObject { ["type"] = "custom", ["name"] = name, ["description"] = Description, ["format"] = JsonNode.Parse("""{"type":"grammar","syntax":"lark","definition":"start: \"x\""}""") };
    }

    public static JsonObject Function(Dialect dialect, string name, string description, JsonNode schema) => dialect switch
    {
        Dialect.AnthropicMessages => new JsonObject { ["name"] = name, ["description"] = description, ["input_schema"] = schema },
        Dialect.OpenAIChat => new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = name, ["description"] = description, ["parameters"] = schema, ["strict"] = true } },
        _ => new JsonObject { ["type"] = "function", ["name"] = name, ["description"] = description, ["parameters"] = schema, ["strict"] = true },
    };
}
