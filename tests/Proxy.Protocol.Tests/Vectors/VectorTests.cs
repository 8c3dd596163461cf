namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Every edge case of spec/protocols.md 15 and every vector of 16, from files (format: tests/vectors/README.md).</summary>
public sealed class VectorTests
{
    public static TheoryData<string> All => new(VectorFile.Ids);

    [Theory]
    [MemberData(nameof(All))]
    public void Vector_comes_out_as_its_file_says(string id)
    {
        var file = VectorFile.Read(id);
        file.Id.ShouldBe(id);
        (file.NotApplicable is null).ShouldBe(file.Cases.Count > 0, "either cases or a reason");

        var differences = file.Cases.SelectMany(c => new VectorRun(c).Play().Select(d => $"{id} \"{c.Name}\" {d}")).ToList();

        differences.ShouldBeEmpty(string.Join('\n', differences));
    }
}
