using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Agent.Machine;

/// <summary>The processor of this machine.</summary>
/// <param name="Model">Its name as the kernel knows it.</param>
/// <param name="LogicalProcessors">Processors that this process may use (affinity and control-group quota).</param>
/// <param name="PhysicalCores">Cores behind them: what decode and prefill run on by default.</param>
/// <param name="InstructionSets">Vector and matrix extensions that matter to the kernels.</param>
/// <param name="Governor">Frequency governor, or why it is not known.</param>
internal sealed record ProcessorInformation(
    string Model, int LogicalProcessors, int PhysicalCores, ImmutableArray<string> InstructionSets, string Governor)
{
    private static readonly ImmutableArray<string> Known =
    [
        "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16",
        "asimd", "asimddp", "asimdhp", "i8mm", "bf16", "sve", "sve2",
    ];

    public static ProcessorInformation Read()
    {
        var lines = File.ReadAllLines("/proc/cpuinfo");
        string? Field(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(':', StringComparison.Ordinal))
            ?.Split(':', 2)[1].Trim();

        var flags = (Field("flags") ?? Field("Features") ?? "").Split(' ').ToHashSet(StringComparer.Ordinal);
        var model = Field("model name") ?? DeviceTreeModel() ?? Field("CPU part") ?? "unknown";
        return new ProcessorInformation(
            model, Environment.ProcessorCount, Math.Min(Environment.ProcessorCount, PhysicalCoreCount()), [.. Known.Where(flags.Contains)], ReadGovernor());
    }

    private static string? DeviceTreeModel()
    {
        const string path = "/proc/device-tree/model";
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\0', '\n') : null;
    }

    /// <summary>Distinct (package, core) pairs; every processor counts where the kernel does not tell.</summary>
    private static int PhysicalCoreCount()
    {
        var cores = new HashSet<string>(StringComparer.Ordinal);
        foreach (var directory in Directory.EnumerateDirectories("/sys/devices/system/cpu", "cpu*"))
        {
            var name = Path.GetFileName(directory);
            if (!int.TryParse(name.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            var core = Path.Combine(directory, "topology/core_id");
            var package = Path.Combine(directory, "topology/physical_package_id");
            cores.Add(File.Exists(core) && File.Exists(package) ? File.ReadAllText(package).Trim() + "/" + File.ReadAllText(core).Trim() : name);
        }

        return Math.Max(1, cores.Count);
    }

    private static string ReadGovernor()
    {
        const string path = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "unavailable: the kernel exposes no frequency control";
    }
}
