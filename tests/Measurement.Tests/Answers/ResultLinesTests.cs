using CsCheck;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Results;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Answers;

public sealed class ResultLinesTests
{
    private const string Bench = """
        {"definitions_version":1,"model":"mamba-130m","family":"ssm","precision":"fp32","provider":"cpu","threads":2,"context":512,"depth":0,"decode":5,"batch":2,"chunk":0,
        "logits":"last","runtime_pack_id":"bundled-1.31.1","weights":"random","outcome":"completed","reason":"","findings":["random_weights"],
        "operators":[{"phase":"prefill","class":"gemm","share":0.75,"milliseconds":3}],
        "runs":[{"outcome":"completed","ttft_nanoseconds":[1000000,3000000,2000000],"tpot_nanoseconds":[500000],"peak_bytes":1048576,"prefill_joules":1024,"decode_joules":16,"invalidated_by":""},
        {"outcome":"completed","ttft_nanoseconds":[9],"tpot_nanoseconds":[9],"invalidated_by":"throttled"},
        {"outcome":"failed","ttft_nanoseconds":[],"tpot_nanoseconds":[]}],
        "memory":{"weights_held_bytes":500,"activations_bytes":-3,"runtime_bytes":200,"states":[{"kind":"kv","allocated_bytes":70}]},
        "environment":{"cpu_model":"x","agent_version":"9","conditions_fingerprint":"f1"}}
        """;

    private const string Export = """
        {"run_id":"r","device_id":"d1","model":"mamba-130m","family":"ssm","weights":"random","runtime_pack_id":"bundled-1.31.1","provider":"cpu","precision":"fp32",
        "context_tokens":512,"decode_tokens":5,"depth_tokens":0,"batch":2,"threads":2,"prefill_chunk_tokens":0,"outcome":"completed","reason":"","definitions_version":1,
        "conditions_fingerprint":"f1","ttft_ns":2000000,"tpot_ns":500000,"peak_memory_bytes":1048576,"prefill_gross_joules":1024,"decode_gross_joules":16,"findings":"a b","invalid":"false"}
        """;

    [Fact]
    public void A_benched_scenario_gives_one_sample_per_valid_repeat()
    {
        var result = Assert.Single(Read(Bench));
        Assert.Equal([0.002], result.Of(Quantity.TimeToFirstToken));
        Assert.Equal([0.0005], result.Of(Quantity.TimePerOutputToken));
        Assert.Equal([1048576.0], result.Of(Quantity.PeakMemory));
        Assert.Equal([1.0], result.Of(Quantity.PrefillEnergy));
        Assert.Equal([2.0], result.Of(Quantity.DecodeEnergy));
        Assert.Equal(1, result.InvalidRepeats);
        Assert.Equal([new ClassShare("prefill", "gemm", 0.75)], result.Shares);
        Assert.Equal([new MemoryPart("weights", 500), new MemoryPart("activations", 0), new MemoryPart("runtime", 200), new MemoryPart("kv", 70)], result.Memory);
        Assert.Equal(["conditions_fingerprint", "cpu_model", "definitions_version"], result.Conditions.Keys);
    }

    [Fact]
    public void An_exported_run_and_a_benched_one_of_the_same_scenario_are_pooled()
    {
        var exported = Assert.Single(Read(Export));
        var benched = Assert.Single(Read(Bench));
        Assert.Equal((benched.Candidate, benched.Setting, benched.Context), (exported.Candidate, exported.Setting, exported.Context));
        var pooled = Assert.Single(ResultPool.Of([exported, benched]));
        Assert.Equal([0.002, 0.002], pooled.Of(Quantity.TimeToFirstToken));
        Assert.Equal([2.0, 2.0], pooled.Of(Quantity.DecodeEnergy));
    }

    [Fact]
    public void An_invalid_exported_run_has_no_samples()
    {
        var result = Assert.Single(Read(Export.Replace("\"invalid\":\"false\"", "\"invalid\":\"true\"", StringComparison.Ordinal)));
        Assert.Empty(result.Samples);
        Assert.Equal(1, result.InvalidRepeats);
    }

    [Theory]
    [InlineData("{\"model\":\"x\"}", "is neither a line of")]
    [InlineData("nonsense", "is not JSON")]
    [InlineData("[1]", "is not a JSON object")]
    [InlineData("{\"context\":-1}", "has no field 'depth'")]
    public void What_is_no_result_is_refused_with_its_line(string text, string problem)
    {
        var error = Assert.Throws<ResultFormatException>(() => Read(Flat(Bench) + "\n\n" + text));
        Assert.StartsWith("file, line 3: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_character_gives_a_result_or_an_error_that_says_where() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 2000], Gen.Char.AlphaNumeric).Sample(
            (bench, at, character) =>
            {
                var line = Flat(bench ? Bench : Export).ToCharArray();
                line[at % line.Length] = character;
                try
                {
                    _ = ResultLines.Read(new StringReader(new string(line)), "file").ToList();
                }
                catch (ResultFormatException error)
                {
                    Assert.StartsWith("file, line 1: ", error.Message, StringComparison.Ordinal);
                }
            },
            iter: 2000);

    private static List<MeasuredResult> Read(string text) => [.. ResultLines.Read(new StringReader(text.StartsWith("{\"definitions", StringComparison.Ordinal) || text.StartsWith("{\"run_id", StringComparison.Ordinal) ? Flat(text) : text), "file")];

    // One line, but for lines that the test itself separates.
    private static string Flat(string text) => text.Replace(",\n", ",", StringComparison.Ordinal).Replace("],\n", "],", StringComparison.Ordinal);
}
