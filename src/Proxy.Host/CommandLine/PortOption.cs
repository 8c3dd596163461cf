using System.CommandLine;
using System.Globalization;

namespace Proxy.Host.CommandLine;

/// <summary>An option that takes a port.</summary>
internal static class PortOption
{
    /// <summary>Makes one. What is no port is refused in words.</summary>
    public static Option<int?> Create(string name, string description)
    {
        var port = new Option<int?>(name)
        {
            Description = description,
            HelpName = "PORT",

            // Its own parser: the library's throws out of a validator that asks for the value of "x".
            CustomParser = result =>
            {
                if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 65535)
                {
                    return value;
                }

                result.AddError($"{name} is a number from 0 to 65535.");
                return null;
            },
        };
        return port;
    }
}
