using Proxy.Protocol.Dialects;

namespace Proxy.Protocol.Tests.Vectors;

/// <summary>Every answer that a vector makes is read by the official .NET SDK of its dialect, through the SDK's own client.</summary>
public sealed class SdkTypesTests
{
    public static TheoryData<string> Answering => new(VectorFile.Ids.Where(id => VectorFile.Read(id).Cases.Any(HasOutput)));

    [Fact]
    public void Most_vectors_make_an_answer() => Answering.Count<object[]>().ShouldBeGreaterThan(80);

    [Theory]
    [MemberData(nameof(Answering))]
    public async Task Answers_are_read_by_the_types_of_the_official_sdk(string id)
    {
        foreach (var @case in VectorFile.Read(id).Cases.Where(HasOutput))
        {
            var run = new VectorRun(@case);
            run.Play();
            run.Outputs.ShouldNotBeEmpty(@case.Name);
            foreach (var output in run.Outputs)
            {
                try
                {
                    await (output.Client == Dialect.AnthropicMessages ? AnthropicSdkReading.ReadAsync(output) : OpenAISdkReading.ReadAsync(output));
                }
                catch (Exception e)
                {
                    throw new InvalidDataException($"{id} \"{@case.Name}\": {e.Message}\n{System.Text.Encoding.UTF8.GetString(output.Body)}", e);
                }
            }
        }
    }

    private static bool HasOutput(VectorCase @case) => @case is { Gets: not null } or { Answers: not null } or { Error: not null };
}
