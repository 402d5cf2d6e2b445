using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Inference.Tests.Fixtures;

/// <summary>The artifact of a checkpoint in tests/Fixtures, in a temporary directory.</summary>
internal sealed class ExportedFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ExportedFixture(string name, ExportPrecision precision = ExportPrecision.Float32)
    {
        var checkpointPath = System.IO.Path.Combine(Root(), name);
        using var checkpoint = CheckpointDirectory.Open(checkpointPath);
        Artifact = ArtifactExporter.Export(
            new ExportRequest
            {
                Config = checkpoint.Config,
                Weights = checkpoint.Weights,
                Name = System.IO.Path.GetFileName(name),
                Target = ExportTarget.Cpu,
                Precision = precision,
                OutputDirectory = _directory.File("artifact"),
            },
            TestContext.Current.CancellationToken);
        ReferencePath = System.IO.Path.Combine(checkpointPath, "reference.safetensors");
    }

    public Artifact Artifact { get; }

    public string ReferencePath { get; }

    /// <summary>The checkpoints of tests/Fixtures/variants, as names for the constructor.</summary>
    public static IEnumerable<string> Variants => Directory.EnumerateDirectories(System.IO.Path.Combine(Root(), "variants"))
        .Select(path => $"variants/{System.IO.Path.GetFileName(path)}")
        .Order(StringComparer.Ordinal);

    public void Dispose() => _directory.Dispose();

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !System.IO.File.Exists(System.IO.Path.Combine(directory.FullName, "EdgeFleet.sln")))
        {
            directory = directory.Parent;
        }

        return System.IO.Path.Combine(directory?.FullName ?? throw new DirectoryNotFoundException("EdgeFleet.sln is above no test."), "tests", "Fixtures");
    }
}
