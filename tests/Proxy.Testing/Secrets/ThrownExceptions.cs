using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Proxy.Testing.Secrets;

/// <summary>
/// Looks at the message of every exception that comes into being below the product's code, caught or not: sooner or later
/// somebody logs it. What tests and the sandbox throw themselves is theirs.
/// </summary>
internal static class ThrownExceptions
{
    private static readonly ConditionalWeakTable<Exception, object> Seen = [];

    [ThreadStatic]
    private static bool _isLooking;

    public static void Watch() => AppDomain.CurrentDomain.FirstChanceException += Look;

    private static void Look(object? sender, FirstChanceExceptionEventArgs thrown)
    {
        if (_isLooking)
        {
            return;
        }

        _isLooking = true;
        try
        {
            // A rethrow in the code that awaits is no second birth.
            if (Seen.TryAdd(thrown.Exception, Seen) && IsOfTheProduct(new StackTrace(1, fNeedFileInfo: false)))
            {
                TestScope.Current.Show(thrown.Exception.Message, ShownIn.Exception);
            }
        }
        finally
        {
            _isLooking = false;
        }
    }

    /// <summary>The nearest code of ours decides.</summary>
    private static bool IsOfTheProduct(StackTrace stack)
    {
        foreach (var frame in stack.GetFrames())
        {
            var assembly = frame.GetMethod()?.DeclaringType?.Assembly.GetName().Name;
            if (assembly is not null && assembly.StartsWith("Proxy.", StringComparison.Ordinal) && assembly != "Proxy.Testing")
            {
                return assembly is "Proxy.Host" or "Proxy.Actors" or "Proxy.Protocol";
            }
        }

        return false;
    }
}
