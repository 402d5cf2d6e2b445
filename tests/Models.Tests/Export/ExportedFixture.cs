using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>A fixture's artifact in a temporary directory, with its reference.</summary>
internal sealed class ExportedFixture : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public ExportedFixture(string name, ExportTarget target, ExportPrecision precision)
    {
        using var checkpoint = CheckpointDirectory.Open(Fixtures.Checkpoint(name));
        Artifact = ArtifactExporter.Export(
            new ExportRequest
            {
                Config = checkpoint.Config,
                Weights = checkpoint.Weights,
                Name = name,
                Target = target,
                Precision = precision,
                OutputDirectory = Path.Combine(_directory.Path, "artifact"),
            },
            TestContext.Current.CancellationToken);
        Reference = ReferenceLogits.Read(Path.Combine(Fixtures.Checkpoint(name), "reference.safetensors"));
    }

    public Artifact Artifact { get; }

    public ReferenceLogits Reference { get; }

    public void Dispose() => _directory.Dispose();
}
