using System.Globalization;
using System.Security.Cryptography;

namespace Proxy.Host.Endpoints;

/// <summary>Names requests: a random part per process and a number.</summary>
internal sealed class RequestIds
{
    private readonly string _process = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private long _last;

    /// <summary>The next name.</summary>
    public string Next() => string.Create(CultureInfo.InvariantCulture, $"req_{_process}{Interlocked.Increment(ref _last):x8}");
}
