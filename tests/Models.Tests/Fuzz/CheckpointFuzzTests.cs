using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Models.Tests.Fuzz;

/// <summary>
/// Malformed checkpoints through the whole path, opening to exported artifact. A part of them by default, all with EDGEFLEET_FULL=1.
/// </summary>
public sealed class CheckpointFuzzTests
{
    private const int Stride = 9;
    private const int CorruptedByDefault = 15;
    private const int CorruptedInFull = 500;
    private const long MaximumAllocatedBytes = 256L << 20;

    // Against hanging only; a case takes milliseconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static bool Full => Environment.GetEnvironmentVariable("EDGEFLEET_FULL") == "1";

    public static TheoryData<string> FixtureNames => [.. Fixtures.Names];

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public async Task The_fixture_itself_is_exported(string fixture)
    {
        var original = new MalformedCheckpoint(
            fixture,
            await File.ReadAllBytesAsync(Path.Combine(Fixtures.Checkpoint(fixture), "config.json"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(Fixtures.Checkpoint(fixture), "model.safetensors"), TestContext.Current.CancellationToken));
        Assert.Null(await LoadAsync(original));
    }

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public async Task A_malformed_checkpoint_is_refused_with_what_and_where_and_leaves_nothing_behind(string fixture)
    {
        var accepted = new List<string>();
        foreach (var (index, malformed) in new MalformedCheckpoints(fixture).All().Index())
        {
            if (!Full && index % Stride != fixture.Length % Stride)
            {
                continue;
            }

            if (await LoadAsync(malformed) is not { } error)
            {
                accepted.Add(malformed.What);
                continue;
            }

            Assert.NotEmpty(error.What);
            Assert.NotEmpty(error.Remedy);
            Assert.Contains(error.Where.Contains("config.json", StringComparison.Ordinal) ? "config.json" : "model.safetensors", error.Where, StringComparison.Ordinal);
        }

        Assert.Empty(accepted);
    }

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public async Task A_corrupted_checkpoint_is_exported_or_refused_but_nothing_else(string fixture)
    {
        var corrupted = new MalformedCheckpoints(fixture).Corrupted(Full ? CorruptedInFull : CorruptedByDefault, new Random(fixture.Length));
        foreach (var checkpoint in corrupted)
        {
            await LoadAsync(checkpoint);
        }
    }

    [Fact]
    public void There_are_hundreds_of_malformed_checkpoints() =>
        Assert.InRange(Fixtures.Names.Sum(fixture => new MalformedCheckpoints(fixture).All().Count()), 2_000, int.MaxValue);

    private static async Task<CheckpointException?> LoadAsync(MalformedCheckpoint checkpoint)
    {
        try
        {
            return await Task.Run(() => Load(checkpoint)).WaitAsync(Patience);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{checkpoint.What}: {e.Message}", e);
        }
    }

    private static CheckpointException? Load(MalformedCheckpoint checkpoint)
    {
        using var directory = new TemporaryDirectory();
        directory.Write("config.json", checkpoint.Config);
        directory.Write("model.safetensors", checkpoint.Weights);
        var output = Path.Combine(directory.Path, "artifact");
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var opened = CheckpointDirectory.Open(directory.Path);
            ArtifactExporter.Export(
                new ExportRequest
                {
                    Config = opened.Config,
                    Weights = opened.Weights,
                    Name = "fuzz",
                    Target = ExportTarget.Cpu,
                    Precision = ExportPrecision.Float32,
                    OutputDirectory = output,
                },
                CancellationToken.None);
            return null;
        }
        catch (CheckpointException e)
        {
            Assert.False(Directory.Exists(output));
            Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFileSystemEntries(directory.Path).Select(Path.GetFileName).Order());
            return e;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, MaximumAllocatedBytes);
        }
    }
}
