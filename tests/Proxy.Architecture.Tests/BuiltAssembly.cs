using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Proxy.Architecture.Tests;

/// <summary>What a compiled assembly of ours names: read from its metadata, so that nothing is missed and nothing is loaded.</summary>
internal sealed class BuiltAssembly
{
    private BuiltAssembly(string name, IReadOnlySet<string> references, IReadOnlyList<TypeName> types, IReadOnlyList<string> members)
    {
        Name = name;
        References = references;
        Types = types;
        Members = members;
    }

    public string Name { get; }

    /// <summary>Simple names of the assemblies it references.</summary>
    public IReadOnlySet<string> References { get; }

    /// <summary>Types of other assemblies that it names.</summary>
    public IReadOnlyList<TypeName> Types { get; }

    /// <summary>Members of other assemblies that it names, as <c>Namespace.Type::Member</c>.</summary>
    public IReadOnlyList<string> Members { get; }

    public static BuiltAssembly Read(string name)
    {
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll"));
        using var pe = new PEReader(file);
        var reader = pe.GetMetadataReader();
        var references = reader.AssemblyReferences.Select(h => reader.GetString(reader.GetAssemblyReference(h).Name)).ToHashSet(StringComparer.Ordinal);
        var types = reader.TypeReferences.Select(h => Describe(reader, h)).ToList();
        var members = new List<string>();
        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                var type = Describe(reader, (TypeReferenceHandle)member.Parent);
                members.Add($"{type.Namespace}.{type.Name}::{reader.GetString(member.Name)}({Parameters(reader, member)})");
            }
        }

        return new BuiltAssembly(name, references, types, members);
    }

    private static TypeName Describe(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var assembly = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : string.Empty;
        return new TypeName(assembly, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    private static string Parameters(MetadataReader reader, MemberReference member)
    {
        var signature = reader.GetBlobReader(member.Signature);
        var header = signature.ReadSignatureHeader();
        if (header.Kind != SignatureKind.Method)
        {
            return string.Empty;
        }

        if (header.IsGeneric)
        {
            signature.ReadCompressedInteger();
        }

        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{signature.ReadCompressedInteger()}");
    }

    internal readonly record struct TypeName(string Assembly, string Namespace, string Name);
}
