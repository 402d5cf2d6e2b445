using CsCheck;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class SweepPlannerTests
{
    private static readonly ModelEntry[] Models = [new() { Name = "a", Family = "transformer" }, new() { Name = "b", Family = "ssm" }];

    private static Hello Device(string id = "d") => new()
    {
        DeviceId = id, Capabilities = { new Capability { Provider = Provider.Cpu, Available = true, RuntimePackIds = { "p1", "p2" }, PowerModes = { "15W" } } },
    };

    private static SweepDefinition Definition(Action<SweepDefinition>? change = null)
    {
        var definition = new SweepDefinition { Models = { "a", "b" }, ContextAxis = "1k-4k*2", DecodeAxis = "8", Repeats = 3 };
        change?.Invoke(definition);
        return SweepRules.Complete(definition);
    }

    [Fact]
    public void Every_scenario_occurs_once_in_every_repeat_and_repeats_follow_each_other()
    {
        var runs = SweepPlanner.Runs(Definition(), Models, Device(), "origin", 1_000_000).ToList();
        Assert.Equal(18, runs.Count);
        Assert.Equal(Enumerable.Range(0, 18), runs.Select(r => r.Ordinal));
        Assert.Equal(18, runs.Select(r => r.RunId).Distinct().Count());
        Assert.All(runs.Chunk(6), (chunk, i) => Assert.Equal((6, (uint)i), (chunk.Select(r => r.Keys.Hash).Distinct().Count(), chunk.Select(r => r.Repeat).Distinct().Single())));
    }

    [Fact]
    public void The_order_follows_from_the_seed_and_differs_between_devices_and_repeats()
    {
        string Order(ulong seed, string device, int repeat) =>
            string.Join(' ', SweepPlanner.Runs(Definition(d => d.Seed = seed), Models, Device(device), "o", 1).Where(r => r.Repeat == repeat).Select(r => r.Keys.Hash[..4]));
        Assert.Equal(Order(1, "x", 0), Order(1, "x", 0));
        Assert.Equal(6, new[] { Order(1, "x", 0), Order(1, "x", 1), Order(1, "y", 0), Order(2, "x", 0), Order(3, "x", 0), Order(4, "x", 0) }.Distinct().Count());
        var sequential = SweepPlanner.Runs(Definition(d => d.Order = RunOrder.Sequential), Models, Device(), "o", 1).Take(6).Select(r => (r.Scenario.Model, r.Scenario.ContextTokens));
        Assert.Equal([("a", 1024u), ("a", 2048u), ("a", 4096u), ("b", 1024u), ("b", 2048u), ("b", 4096u)], sequential);
    }

    [Fact]
    public void The_count_is_known_without_expanding() => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 5]).Sample((contexts, decodes, batches, repeats) =>
    {
        var definition = Definition(d =>
        {
            d.ContextAxis = $"1-{contexts}";
            d.DecodeAxis = $"0-{decodes - 1}";
            d.BatchAxis = $"1-{batches}";
            d.Repeats = (uint)repeats;
            d.RuntimePackIds.Add("p1");
        });
        return SweepPlanner.Count(definition, 1) == SweepPlanner.Runs(definition, Models, Device(), "o", 1).Count();
    });

    [Fact]
    public void What_a_device_cannot_do_is_skipped_with_a_reason()
    {
        string Reason(Action<SweepDefinition> change, ModelEntry? model = null) => SweepPlanner.Scenarios(Definition(change), [model ?? Models[0]], Device())[0].Skipped?.Reason ?? "";
        Assert.Equal("", Reason(d => d.PowerModes.Add("15W")));
        Assert.Equal("power_mode_unavailable", Reason(d => d.PowerModes.Add("30W")));
        Assert.Equal("runtime_pack_unavailable", Reason(d => d.RuntimePackIds.Add("p3")));
        Assert.Equal("provider_unavailable", Reason(d => d.Providers.Add(Provider.Cuda)));
        Assert.Equal("artifact_target_differs", Reason(_ => { }, Models[0] with { ArtifactId = "x", Target = "cuda" }));
        Assert.Equal("artifact_precision_differs", Reason(_ => { }, Models[0] with { ArtifactId = "x", Precision = "fp16" }));
    }

    [Fact]
    public void TensorRT_is_replaced_by_CUDA_where_that_is_allowed_and_the_scenario_says_so()
    {
        var device = new Hello { DeviceId = "d", Capabilities = { new Capability { Provider = Provider.Cuda, Available = true, RuntimePackIds = { "gpu" } } } };
        (string? Skipped, string Provider, bool Allowed, string Pack) First(bool allow)
        {
            var definition = Definition(d =>
            {
                d.AllowProviderFallback = allow;
                d.Providers.Add(Provider.Tensorrt);
            });
            var (scenario, skipped) = SweepPlanner.Scenarios(definition, Models, device)[0];
            return (skipped?.Reason, scenario.Provider, scenario.AllowProviderFallback, scenario.RuntimePackId);
        }

        Assert.Equal(("provider_unavailable", "tensorrt", false, ""), First(allow: false));
        Assert.Equal((null, "tensorrt", true, "gpu"), First(allow: true));
    }

    [Fact]
    public void A_limit_of_a_GPUs_memory_is_none_of_the_processors()
    {
        var device = Device();
        device.Capabilities.Add(new Capability { Provider = Provider.Cuda, Available = true });
        var definition = SweepRules.Complete(SweepDocument.Parse("models: [a]\ncontext: 1k\nproviders: [cpu, cuda]\ndevice_memory_limit_bytes: 8589934592\n"));
        Assert.Equal(
            [("cpu", 0L), ("cuda", 8L << 30)],
            SweepPlanner.Scenarios(definition, [Models[0]], device).Select(s => (s.Scenario.Provider, s.Scenario.DeviceMemoryLimitBytes)));
        Assert.Throws<RequestException>(() => SweepDocument.Parse("models: [a]\ncontext: 1k\ndevice_memory_limit_bytes: 8G\n"));
    }

    [Fact]
    public void The_preferred_pack_is_part_of_the_scenario() =>
        Assert.All(SweepPlanner.Scenarios(Definition(), Models, Device()), s => Assert.Equal("p1", s.Scenario.RuntimePackId));

    [Fact]
    public void A_product_that_overflows_is_refused()
    {
        var definition = Definition(d =>
        {
            d.ContextAxis = d.DecodeAxis = d.BatchAxis = "1-1000";
            d.DepthAxis = d.ThreadsAxis = d.ChunkAxis = "0-999";
            d.Repeats = 1000;
        });
        Assert.Equal(long.MaxValue, SweepPlanner.Count(definition, 1000));
        Assert.Throws<RequestException>(() => SweepPlanner.Bound(definition, 1000, long.MaxValue - 1));
    }

    [Fact]
    public void The_key_of_reuse_changes_with_anything_that_may_change_a_result()
    {
        var keys = new[]
        {
            Device(), Change(d => d.AgentVersion = "2"), Change(d => d.Inventory["driver"] = "2"), Change(d => d.HardwareFingerprint["gpu"] = "2"), Change(d => d.Capabilities[0].RuntimePackIds.Insert(0, "p0")),
            Change(d => d.Inventory["driver"] = "2\n"),
        }.Select(ReuseKey.Environment).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Equal(keys[0], ReuseKey.Environment(Change(d => d.Runs.Add(new RunClaim()))));

        static Hello Change(Action<Hello> change)
        {
            var device = Device();
            change(device);
            return device;
        }
    }
}
