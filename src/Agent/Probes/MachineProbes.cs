using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeFleet.Agent.Daemon;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Protos.V1;
using Serilog;

namespace EdgeFleet.Agent.Probes;

/// <summary>What the machine can do, probed in child processes and remembered until programs or packs change.</summary>
internal sealed class MachineProbes(string memoryPath, string? packs, WorkerLaunch launch, ILogger log)
{
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromMinutes(2);
    private ProbeMemory memory = new("", null, ImmutableSortedDictionary<string, LimitsReport>.Empty);

    /// <summary>The packs; empty until <see cref="LoadAsync"/>.</summary>
    public ImmutableArray<PackReport> Packs => memory.Report?.Packs ?? [];

    /// <summary>Loads what is remembered, or probes.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var key = Key();
        if (Remembered() is { } known && known.Key == key && known.Report is not null)
        {
            memory = known;
            return;
        }

        string[] arguments = packs is null ? ["probe"] : ["probe", "--packs", packs];
        var report = JsonSerializer.Deserialize(await ChildProgram.RunAsync(launch, arguments, ProbeLimit, cancellation), ProbeJson.Default.ProbeReport)!;
        foreach (var problem in report.Problems) log.Warning("A runtime pack is left out: {Problem}", problem);
        memory = new ProbeMemory(key, report, ImmutableSortedDictionary<string, LimitsReport>.Empty);
        Save();
    }

    /// <summary>The providers, for a hello.</summary>
    public IEnumerable<Capability> Capabilities()
    {
        foreach (var (provider, name) in ((Provider, string)[])[(Provider.Cpu, "cpu"), (Provider.Cuda, "cuda"), (Provider.Tensorrt, "tensorrt")])
        {
            var usable = Packs.Where(pack => pack.Providers.GetValueOrDefault(name, "not known").Length == 0).ToList();
            var capability = new Capability { Provider = provider, Available = usable.Count > 0 };
            if (usable.Count == 0) capability.Reason = Packs.FirstOrDefault()?.Providers.GetValueOrDefault(name) ?? "There is no runtime pack.";
            capability.RuntimePackIds.Add(usable.Select(pack => pack.Id));
            yield return capability;
        }
    }

    /// <summary>Why a scenario cannot be performed here; null where it can.</summary>
    public string? Obstacle(Scenario scenario)
    {
        if (scenario.RuntimePackId.Length > 0 && Packs.All(pack => pack.Id != scenario.RuntimePackId)) return "runtime_pack_unavailable";
        return Pack(scenario) is { } pack && Providers(scenario).Any(name => Has(pack, name)) ? null : "provider_unavailable";
    }

    /// <summary>The pack of a scenario: the one it names, else the first that has its provider.</summary>
    public PackReport? Pack(Scenario scenario)
    {
        if (scenario.RuntimePackId.Length > 0) return Packs.FirstOrDefault(pack => pack.Id == scenario.RuntimePackId);
        return Providers(scenario).Select(name => Packs.FirstOrDefault(pack => Has(pack, name))).FirstOrDefault(pack => pack is not null);
    }

    /// <summary>The scenario's provider, and behind it what may replace it.</summary>
    private static string[] Providers(Scenario scenario)
    {
        var name = Collector.Sweeps.ScenarioMapping.Name(scenario.Provider);
        return scenario is { AllowProviderFallback: true, Provider: Provider.Tensorrt } ? [name, Collector.Sweeps.ScenarioMapping.Name(Provider.Cuda)] : [name];
    }

    private static bool Has(PackReport pack, string provider) => pack.Providers.GetValueOrDefault(provider) is "";

    /// <summary>What memory and vector units can do with a number of threads; null where that cannot be probed.</summary>
    public async Task<LimitsReport?> LimitsAsync(PackReport pack, int threads, CancellationToken cancellation)
    {
        var of = string.Create(CultureInfo.InvariantCulture, $"{pack.Id}/{threads}");
        if (memory.Limits.TryGetValue(of, out var known)) return known.MemoryBytesPerSecond > 0 ? known : null;
        LimitsReport limits;
        try
        {
            string[] arguments = ["probe", "--limits", "--threads", threads.ToString(CultureInfo.InvariantCulture), .. pack.Directory.Length > 0 ? (string[])["--runtime-pack", pack.Directory] : []];
            limits = JsonSerializer.Deserialize(await ChildProgram.RunAsync(launch, arguments, ProbeLimit, cancellation), ProbeJson.Default.LimitsReport)!;
        }
        catch (Exception error) when (error is IOException or JsonException)
        {
            log.Warning("Memory bandwidth and matrix rate could not be probed: {Problem}", error.Message);
            limits = new LimitsReport(0, 0);
        }

        memory = memory with { Limits = memory.Limits.SetItem(of, limits) };
        Save();
        return limits.MemoryBytesPerSecond > 0 ? limits : null;
    }

    private ProbeMemory? Remembered()
    {
        try
        {
            return DurableFile.Read(memoryPath) is { } content ? JsonSerializer.Deserialize(content, ProbeJson.Default.ProbeMemory) : null;
        }
        catch (Exception error) when (error is InvalidDataException or JsonException)
        {
            log.Debug("What was probed before cannot be read and is probed again: {Problem}", error.Message);
            return null;
        }
    }

    private void Save()
    {
        try
        {
            DurableFile.Write(memoryPath, JsonSerializer.SerializeToUtf8Bytes(memory, ProbeJson.Default.ProbeMemory));
        }
        catch (IOException error)
        {
            log.Warning("What was probed cannot be kept and will be probed again: {Problem}", error.Message);
        }
    }

    // The files that an answer depends on, by inode, size and time.
    private string Key()
    {
        var text = new StringBuilder(BuildInformation.Read().ToString());
        List<string> files = [launch.Command[0]];
        try
        {
            var bundled = RuntimePack.Bundled();
            files.Add(bundled.OnnxRuntimePath);
            files.Add(bundled.OperatorLibrary(ExecutionProvider.Cpu));
        }
        catch (RuntimeLoadException)
        {
            // The probe says so with its reason.
        }

        if (packs is not null && Directory.Exists(packs)) files.AddRange(Directory.EnumerateFiles(packs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        foreach (var file in files) text.Append('\n').Append(file).Append(' ').Append(FileStamp.Of(file));
        text.Append('\n').Append(string.Join(' ', ((string[])["/dev/nvidiactl", "/dev/nvhost-ctrl-gpu", "/dev/nvgpu"]).Where(File.Exists)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
