using EdgeFleet.Agent.Telemetry;

namespace EdgeFleet.Agent.Tests.Telemetry;

/// <summary>A copy of one of the trees of tests/Fixtures/sysfs that a test may change.</summary>
internal sealed class SimulatedDevice : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public SimulatedDevice(string name)
    {
        var source = Path.Combine(Fixture.Root, "sysfs", name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(directory, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    public SystemTree Tree => new(directory);

    public void Write(string absolute, string text) => File.WriteAllText(directory + absolute, text);

    public void Delete(string absolute) => File.Delete(directory + absolute);

    public SensorSet Probe() => SensorSet.OfMachine(Tree);

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
