using EdgeFleet.Agent.Artifacts;
using EdgeFleet.Agent.Commands;
using EdgeFleet.Agent.Engine;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Models.Export;
using EdgeFleet.Protos.V1;
using Xunit;

namespace EdgeFleet.Agent.Tests;

/// <summary>The stages of a run on a real session, in the order in which they report.</summary>
public sealed class ScenarioRunnerTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    [Fact]
    public void Passes_come_before_and_behind_the_timed_iterations_and_none_has_a_part_in_them()
    {
        var plain = Perform(new EngineOptions { MinWarmupIterations = 1, MaxWarmupIterations = 1, MinIterations = 3, MaxIterations = 3, MaxMeasureNs = long.MaxValue / 2 });
        Assert.Equal(["load", "warmup", "measure"], plain.Names);
        Assert.Empty(plain.Trace.Operators);

        var full = Perform(new EngineOptions
        {
            MinWarmupIterations = 1, MaxWarmupIterations = 1, MinIterations = 3, MaxIterations = 3, MaxMeasureNs = long.MaxValue / 2,
            MemoryPass = true, ProfilePass = true, WarmLoad = true, MinEnergySpanNs = 5_000_000,
        });
        Assert.Equal(["load", "memory", "warmup", "measure", "energy", "load", "profile"], full.Names);
        Assert.NotEmpty(full.Trace.Operators);
        Assert.NotNull(full.Trace.Memory);

        // As many timed iterations with the passes as without, of the same text.
        Assert.Equal(3, full.Trace.Iterations.Count(iteration => !iteration.Warmup));
        Assert.Equal(plain.Trace.Iterations.Select(iteration => iteration.TokenHash).Distinct(), full.Trace.Iterations.Select(iteration => iteration.TokenHash).Distinct());
        Assert.Single(full.Trace.Iterations.Select(iteration => iteration.TokenHash).Distinct());
        Assert.Equal(Outcome.Completed, full.End.Outcome);
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private Stages Perform(EngineOptions options)
    {
        using var artifact = new ArtifactCache(directory).Obtain(
            ModelOptions.Locate(Fixture.Checkpoint("zamba2")), ExportTarget.Cpu, ExportPrecision.Float32, new Progress<ExportProgress>(), TestContext.Current.CancellationToken);
        var stages = new Stages();
        stages.End = new ScenarioRunner().Execute(
            new WorkerRun
            {
                Scenario = new Scenario { Model = "zamba2", Provider = Provider.Cpu, ContextTokens = 12, DecodeTokens = 5, Batch = 1, Threads = 1 },
                ArtifactDirectory = artifact.Artifact.Directory,
                Engine = options,
                PromptSeed = 1,
            },
            stages,
            TestContext.Current.CancellationToken);
        return stages;
    }

    private sealed class Stages : ITraceSink
    {
        private readonly List<string> entered = [];

        public IReadOnlyList<string> Names => entered;

        public Trace Trace { get; } = new();

        public RunEnd End { get; set; } = new();

        public void Part(Trace part)
        {
            if (part.Iterations.Count > 0) Assert.Contains(entered[^1], (string[])["warmup", "measure"]);
            if (part.Operators.Count > 0) Assert.Equal("profile", entered[^1]);
            Trace.MergeFrom(part);
        }

        public void Progress(string phase, int done, int total)
        {
            if (entered.Count == 0 || entered[^1] != phase) entered.Add(phase);
        }
    }
}
