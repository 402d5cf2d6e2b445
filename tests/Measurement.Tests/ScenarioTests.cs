using System.Collections.Immutable;
using CsCheck;
using EdgeFleet.Measurement.Scenarios;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class ScenarioTests
{
    private static readonly Scenario Example = new()
    {
        Model = "mamba-130m",
        Family = "ssm",
        ArtifactId = new string('a', 64),
        RuntimePackId = "bundled-1.31.1",
        Provider = "cpu",
        Precision = "fp32",
        ContextTokens = 1024,
        DecodeTokens = 64,
        Batch = 1,
        DepthTokens = 0,
        PrefillChunkTokens = 0,
        Threads = 2,
        Logits = "last",
        PowerMode = "",
        Weights = "random",
    };

    [Fact]
    public void The_canonical_text_and_hash_do_not_change_between_versions()
    {
        var expected = "edgefleet-scenario-1\nartifact_id=" + new string('a', 64) + "\nbatch=1\ncontext_tokens=1024\ndecode_tokens=64\ndepth_tokens=0\n"
            + "family=ssm\nlogits=last\nmodel=mamba-130m\npower_mode=\nprecision=fp32\nprefill_chunk_tokens=0\nprovider=cpu\n"
            + "runtime_pack_id=bundled-1.31.1\nthreads=2\nweights=random\n";
        Assert.Equal(expected, ScenarioHash.Canonical(Example));
        Assert.Equal("9cc2bc67e3fe20a7d2f9c3be5897d997763d595975870af7463bc7b1966fea46", ScenarioHash.Of(Example));
    }

    [Fact]
    public void Later_fields_have_a_line_where_they_are_set_alone()
    {
        var limited = ScenarioHash.Canonical(Example with { DeviceMemoryLimitBytes = 8L << 30, AllowProviderFallback = true });

        Assert.StartsWith("edgefleet-scenario-1\nallow_provider_fallback=true\nartifact_id=", limited, StringComparison.Ordinal);
        Assert.Contains("\ndevice_memory_limit_bytes=8589934592\nfamily=", limited, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scenario_that_differs_in_any_field_has_another_hash()
    {
        Scenario[] others =
        [
            Example with { Model = "x" }, Example with { Family = "x" }, Example with { ArtifactId = "x" }, Example with { RuntimePackId = "x" },
            Example with { Provider = "x" }, Example with { Precision = "x" }, Example with { ContextTokens = 7 }, Example with { DecodeTokens = 7 },
            Example with { Batch = 7 }, Example with { DepthTokens = 7 }, Example with { PrefillChunkTokens = 7 }, Example with { Threads = 7 },
            Example with { Logits = "x" }, Example with { PowerMode = "x" }, Example with { Weights = "x" },
            Example with { AllowProviderFallback = true }, Example with { DeviceMemoryLimitBytes = 7 },
        ];
        Assert.Equal(typeof(Scenario).GetProperties().Count(property => property.CanWrite), others.Length);
        Assert.Equal(others.Length + 1, others.Append(Example).Select(ScenarioHash.Of).Distinct().Count());
    }

    [Fact]
    public void A_field_cannot_smuggle_in_another_line() =>
        Assert.Throws<ArgumentException>(() => ScenarioHash.Of(Example with { Model = "a\nbatch=2" }));

    [Fact]
    public void Version_5_agrees_with_the_example_of_RFC_9562() =>
        Assert.Equal(
            new Guid("2ed6657d-e927-568b-95e1-2665a8aea6a2"),
            RunId.Version5(new Guid("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com"u8));

    [Fact]
    public void A_run_id_depends_on_the_instant_but_not_on_its_zone()
    {
        var utc = new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
        var id = RunId.Compute("local", utc, "device", "hash", 0);
        Assert.Equal(id, RunId.Compute("local", utc.ToOffset(TimeSpan.FromHours(5)), "device", "hash", 0));
        Assert.NotEqual(id, RunId.Compute("local", utc.AddMilliseconds(1), "device", "hash", 0));
        Assert.NotEqual(id, RunId.Compute("local", utc, "device", "hash", 1));
        Assert.NotEqual(id, RunId.Compute("local", utc, "device2", "hash", 0));
    }

    [Fact]
    public void A_sweep_is_the_cross_product_with_the_context_varying_fastest()
    {
        var axes = Axes([1, 2], [0, 5]);
        var scenarios = SweepExpansion.Expand([Example, Example with { Precision = "int4" }], axes);
        Assert.Equal(
            [(1, 0, "fp32"), (2, 0, "fp32"), (1, 5, "fp32"), (2, 5, "fp32"), (1, 0, "int4"), (2, 0, "int4"), (1, 5, "int4"), (2, 5, "int4")],
            scenarios.Select(scenario => (scenario.ContextTokens, scenario.DepthTokens, scenario.Precision)));
        Assert.Equal(axes.Count, axes.Points().Count());
    }

    [Fact]
    public void A_sweep_of_a_billion_scenarios_is_refused_without_expanding_it()
    {
        ImmutableArray<int> thousand = [.. Enumerable.Range(1, 1000)];
        var axes = Axes(thousand, thousand) with { Decode = thousand };
        Assert.Equal(1_000_000_000, axes.Count);
        Assert.Contains("1000000000 scenarios", Assert.Throws<SweepTooLargeException>(() => SweepExpansion.Expand([Example], axes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_product_of_axes_saturates_instead_of_overflowing()
    {
        ImmutableArray<int> many = [.. Enumerable.Range(0, 100_000)];
        var axes = new SweepAxes { Context = many, Depth = many, Decode = many, Batch = many, Threads = many, Chunk = many };
        Assert.Equal(long.MaxValue, axes.Count);
        Assert.Throws<SweepTooLargeException>(() => SweepExpansion.Expand([Example, Example], axes));
        Assert.Throws<SweepTooLargeException>(() => SweepExpansion.Count(11, axes));
    }

    [Fact]
    public void The_last_generated_token_is_never_fed_back() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[1, 1000], Gen.Int[0, 100]).Sample((depth, context, decode) =>
            Assert.Equal(
                depth + context + Math.Max(0, decode - 1),
                (Example with { DepthTokens = depth, ContextTokens = context, DecodeTokens = decode }).TotalTokens));

    private static SweepAxes Axes(ImmutableArray<int> context, ImmutableArray<int> depth) =>
        new() { Context = context, Depth = depth, Decode = [4], Batch = [1], Threads = [2], Chunk = [0] };
}
