using Proxy.Host.Configuration;

namespace Proxy.Host.CommandLine;

/// <summary>Reads the configuration file for a command, and tells the person what is wrong with it.</summary>
internal static class ConfigurationLoader
{
    /// <summary>Reads it.</summary>
    /// <returns>Its text and what it says; null when it can't be used, and then <paramref name="error"/> was told why.</returns>
    public static (string Text, ConfigurationReading Reading)? Load(string path, DefaultPlaces places, TextWriter error)
    {
        var look = ConfigurationFile.Look(path);
        if (look.Text is null)
        {
            error.WriteLine(ConfigurationFile.Missing(path, look.Trouble!));
            return null;
        }

        var reading = ConfigurationReader.Read(look.Text, path, places);
        if (reading.Configuration is not null)
        {
            return (look.Text, reading);
        }

        error.WriteLine($"{path} is not valid:");
        foreach (var remark in reading.Report.Remarks.Where(r => r.Severity > Severity.Debug))
        {
            error.WriteLine($"  {remark}");
        }

        return null;
    }
}
