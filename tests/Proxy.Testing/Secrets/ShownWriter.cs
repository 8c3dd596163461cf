namespace Proxy.Testing.Secrets;

/// <summary>
/// A StringWriter whose content is searched for secrets when the test ends. In the test projects the name StringWriter
/// stands for it (tests/Directory.Build.props), so a command that is given one as its terminal is watched.
/// </summary>
public sealed class ShownWriter : StringWriter
{
    /// <summary>Watched by the test that makes it.</summary>
    public ShownWriter() => TestScope.Current.Watch(this, ShownIn.Terminal);
}
