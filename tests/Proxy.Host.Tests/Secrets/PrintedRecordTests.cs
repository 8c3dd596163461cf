using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Proxy.Actors.Engine;
using Proxy.Host.Serving;
using Proxy.Protocol.Models;

namespace Proxy.Host.Tests.Secrets;

/// <summary>
/// A record prints all that it holds, unless it says otherwise, and any log line or exception may print one. So every type
/// of the product is filled with secrets, member by member by its name, and printed.
/// </summary>
public sealed partial class PrintedRecordTests
{
    private const string Canary = "canary-of-a-member";

    /// <summary>Members with such a name that are no secrets: digests, and words for a state.</summary>
    private static readonly string[] Harmless =
    [
        "Proxy.Actors.Routing.RoutingFacts.Session", "Proxy.Actors.Routing.Binding.Session", // digests of client key and session together
        "Proxy.Actors.Ledger.UsageEntry.Session", "Proxy.Actors.Ledger.UsageEntry.ClientKey", // salted digests
        "Proxy.Actors.Accounts.TokenView.Refresh", // "due", "running", …
    ];

    public static TheoryData<Assembly> Products() => [typeof(ProxyHost).Assembly, typeof(ProxyEngine).Assembly, typeof(PriceTable).Assembly];

    [Theory]
    [MemberData(nameof(Products))]
    public void No_type_prints_a_member_that_is_named_like_a_secret(Assembly product)
    {
        var filled = 0;
        var shown = new List<string>();
        foreach (var type in product.GetTypes().Where(t => t is { IsAbstract: false, IsInterface: false, ContainsGenericParameters: false } && !typeof(Delegate).IsAssignableFrom(t)))
        {
            var secrets = Fields(type).Where(f => IsSecret(type, f)).ToList();
            if (secrets.Count == 0 || !PrintsItself(type))
            {
                continue;
            }

            var one = RuntimeHelpers.GetUninitializedObject(type);
            foreach (var field in secrets.Where(f => Fill(f) is not null))
            {
                field.SetValue(one, Fill(field));
                filled++;
            }

            string printed;
            try
            {
                printed = one.ToString() ?? string.Empty;
            }
            catch (NullReferenceException)
            {
                printed = string.Empty; // it prints members that a real one always has; what it prints was chosen by hand
            }

            if (printed.Contains(Canary, StringComparison.Ordinal))
            {
                shown.Add($"{type.FullName}: {printed}");
            }
        }

        shown.ShouldBeEmpty(string.Join("\n", shown));
        if (product == typeof(ProxyEngine).Assembly)
        {
            filled.ShouldBeGreaterThan(20, "the search finds the types it is for");
        }
    }

    [Fact]
    public void A_type_that_prints_a_secret_would_be_found()
    {
        var field = Fields(typeof(Careless)).Single();
        IsSecret(typeof(Careless), field).ShouldBeTrue();
        PrintsItself(typeof(Careless)).ShouldBeTrue();
        new Careless((string)Fill(field)!).ToString().ShouldContain(Canary);
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
        {
            foreach (var field in at.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }

    private static bool PrintsItself(Type type) => type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType is { } at && at != typeof(object) && at != typeof(ValueType) && at != typeof(Enum);

    private static bool IsSecret(Type type, FieldInfo field)
    {
        var name = BackingField().Match(field.Name) is { Success: true } auto ? auto.Groups["name"].Value : field.Name;
        return !Harmless.Contains($"{type.FullName}.{name}")
            && (SecretName().IsMatch(name) || (type.Namespace?.Contains("Login", StringComparison.Ordinal) == true && name is "Code" or "State" or "UserCode" or "DeviceAuthId"));
    }

    private static object? Fill(FieldInfo field)
    {
        var type = field.FieldType;
        return type == typeof(string) ? Canary
            : type == typeof(Uri) ? new Uri($"http://user:{Canary}@proxy.example:3128/")
            : type.IsAssignableFrom(typeof(string[])) && typeof(IEnumerable).IsAssignableFrom(type) ? new[] { Canary }
            : type.IsAssignableFrom(typeof(Dictionary<string, string>)) && typeof(IEnumerable).IsAssignableFrom(type) ? new Dictionary<string, string> { [Canary] = Canary }
            : type.IsAssignableFrom(typeof(List<KeyValuePair<string, string>>)) && typeof(IEnumerable).IsAssignableFrom(type) ? new List<KeyValuePair<string, string>> { new("X-Team", Canary) }
            : null;
    }

    [GeneratedRegex("^<(?<name>.+)>k__BackingField$")]
    private static partial Regex BackingField();

    [GeneratedRegex("Access|Refresh$|RefreshToken$|Token$|Tokens$|Secret|Password|ApiKey|Email|Mail$|Verifier|Cookie|Authorization|Headers|Proxy$|ProxyUrl$|Prompt|Preamble|Body|Session|ClientKey|Raw|Content$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    private sealed record Careless(string AccessToken);
}
