namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Every edge case of spec/protocols.md 15 and every vector of 16, from files (format: tests/vectors/README.md).</summary>
public sealed class VectorTests
{
    public static TheoryData<string> All => new(VectorFile.Ids);

    [Fact]
    public void Every_number_has_its_file_and_few_have_nothing_to_run()
    {
        var numbers = Enumerable.Range(1, 175).Select(n => $"E{n:000}").Concat(Enumerable.Range(1, 10).Select(n => $"V{n:00}"));
        VectorFile.Ids.ShouldBe(numbers, ignoreOrder: true);

        var files = VectorFile.Ids.Select(VectorFile.Read).ToList();
        files.ShouldAllBe(f => f.Says.Length > 20 && f.Spec.StartsWith("spec/protocols.md"));
        var reasons = files.Where(f => f.NotApplicable is not null).Select(f => f.NotApplicable!).ToList();
        reasons.Count.ShouldBeLessThanOrEqualTo(15);
        reasons.ShouldAllBe(r => r.Length > 60 && r.EndsWith('.') && r.Contains("Tests"));
    }

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
