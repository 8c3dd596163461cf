using System.Net;
using Proxy.Actors.Configuration;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Proxy.Host.Configuration;

/// <summary>What became of a file.</summary>
/// <param name="Configuration">Null when the file is refused.</param>
/// <param name="Report">What was said about it.</param>
internal sealed record ConfigurationReading(ProxyConfiguration? Configuration, ConfigurationReport Report);

/// <summary>Turns the text of <c>config.yaml</c> into a configuration. Pure: the same text gives the same reading.</summary>
internal static class ConfigurationReader
{
    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="file">Its path; relative paths in it count from its directory.</param>
    /// <param name="places">The directories that stand where the file names none.</param>
    public static ConfigurationReading Read(string text, string file, DefaultPlaces places)
    {
        var report = new ConfigurationReport(Path.GetFileName(file), Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".", places.Home);
        var configuration = new ProxyConfiguration { AuthDirectory = places.AuthDirectory, StateDirectory = places.StateDirectory };
        if (Root(text, report) is { } root)
        {
            var structured = new List<(string Key, YamlNode Node)>();
            configuration = Settings.All.Apply(configuration, root, string.Empty, report, (key, node) => structured.Add((key, node)));
            configuration = EntryLists.Apply(configuration, structured, report);
            Check(configuration, report);
        }

        return new ConfigurationReading(report.HasErrors ? null : configuration, report);
    }

    private static YamlMappingNode? Root(string text, ConfigurationReport report)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            switch (stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode)
            {
                case YamlMappingNode mapping:
                    return mapping;
                case null or YamlScalarNode { Value: null or "" }:
                    return new YamlMappingNode();
                case var other:
                    report.Error(string.Empty, other.Start, "the file is not a list of keys. Write \"key: value\" lines, for example port: 8317.");
                    return null;
            }
        }
        catch (YamlException broken)
        {
            report.Error(string.Empty, broken.Start, $"this is not YAML: {broken.Message.TrimEnd('.')}. Look at the indentation and the quotes of this line and the one above.");
            return null;
        }
        catch (Exception broken) when (broken is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException)
        {
            // YamlDotNet 16.3 trips over a list that is not closed at the end of the file, and the like.
            report.Add(Severity.Error, string.Empty, 1, "this is not YAML: it ends in the middle. Look for a quote or a bracket that is not closed.");
            return null;
        }
    }

    private static void Check(ProxyConfiguration configuration, ConfigurationReport report)
    {
        void Refuse(string key, string message) => report.Add(Severity.Error, key, report.LineOf(key), message);

        var server = configuration.Server;
        if (server.ApiKeys.Any(string.IsNullOrWhiteSpace))
        {
            Refuse("api-keys", "holds a blank key. Remove it; an empty list accepts any key on loopback.");
        }

        if (server.ApiKeys.FirstOrDefault(SampleKeys.IsSample) is { } sample)
        {
            Refuse("api-keys", $"\"{sample}\" is a sample that everybody knows. Write a key of your own, for example from: openssl rand -hex 24");
        }

        if (BindAddresses.Of(server.Host) is not { } addresses)
        {
            Refuse("host", $"\"{server.Host}\" is not an address of this machine. Write localhost, 127.0.0.1, 0.0.0.0 or another IP address.");
        }
        else if (server.ApiKeys.Count == 0 && !addresses.All(IPAddress.IsLoopback))
        {
            Refuse("host", $"\"{server.Host}\" can be reached from other machines, but there are no api-keys. Write api-keys: [\"…\"], or host: localhost.");
        }

        if (IsInside(configuration.StateDirectory, configuration.AuthDirectory))
        {
            Refuse("state-dir", $"\"{configuration.StateDirectory}\" lies inside of auth-dir. Write a directory outside of it.");
        }
    }

    private static bool IsInside(string inner, string outer) =>
        inner.Length > 0 && outer.Length > 0 && (inner + Path.DirectorySeparatorChar).StartsWith(outer.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
