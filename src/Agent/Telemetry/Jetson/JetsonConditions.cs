using System.Globalization;

namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>What a Jetson's results are bound to: release, power mode, clocks.</summary>
/// <param name="Module">Module, e.g. <c>Jetson Orin Nano Developer Kit</c>.</param>
/// <param name="Release">L4T release, e.g. <c>R36.4.3</c>.</param>
/// <param name="PowerMode">Name of nvpmodel's mode, e.g. <c>15W</c>.</param>
/// <param name="Clocks"><c>pinned</c> where jetson_clocks has made least and greatest frequency equal, else <c>not pinned</c> with what is not.</param>
/// <remarks>Each value that cannot be read says <c>unavailable: reason</c>.</remarks>
internal sealed record JetsonConditions(string Module, string Release, string PowerMode, string Clocks)
{
    private const string Unavailable = "unavailable: ";

    /// <summary>Reads them; null where the machine is no Jetson.</summary>
    public static JetsonConditions? Read(SystemTree tree) => JetsonModule.Read(tree) is { } module
        ? new JetsonConditions(module.Name, Guarded(() => ReadRelease(tree)), Guarded(() => ReadPowerMode(tree)), Guarded(() => ReadClocks(tree)))
        : null;

    private static string Guarded(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (SensorException exception)
        {
            return Unavailable + exception.Message;
        }
    }

    /// <summary>From <c># R36 (release), REVISION: 4.3, GCID: ...</c>.</summary>
    private static string ReadRelease(SystemTree tree)
    {
        const string path = "/etc/nv_tegra_release";
        var line = tree.Text(path).Split('\n')[0];
        var major = line.Split(' ').FirstOrDefault(word => word.Length > 1 && word[0] == 'R' && char.IsAsciiDigit(word[1]));
        var revision = line.Split(',').Select(part => part.Trim()).FirstOrDefault(part => part.StartsWith("REVISION:", StringComparison.Ordinal))?["REVISION:".Length..].Trim();
        return major is not null && revision is { Length: > 0 } ? $"{major}.{revision}" : throw new SensorException($"{path} does not begin with a release");
    }

    /// <summary>The id that nvpmodel left (<c>pmode:0002</c>), by its name in nvpmodel's table (<c>&lt; POWER_MODEL ID=2 NAME=15W &gt;</c>).</summary>
    private static string ReadPowerMode(SystemTree tree)
    {
        const string status = "/var/lib/nvpmodel/status";
        const string table = "/etc/nvpmodel.conf";
        var text = tree.Text(status);
        var colon = text.IndexOf("pmode:", StringComparison.Ordinal);
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 6).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) throw new SensorException($"{status} holds no 'pmode:' and number");

        foreach (var line in tree.Text(table).Split('\n'))
        {
            var words = line.Trim().Trim('<', '>').Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["POWER_MODEL", ..] && words.Contains($"ID={id}") && words.FirstOrDefault(word => word.StartsWith("NAME=", StringComparison.Ordinal)) is { } name) return name[5..];
        }

        throw new SensorException($"{table} has no power model with id {id}");
    }

    /// <summary>jetson_clocks sets the least frequency of each domain to the greatest; it leaves no other trace.</summary>
    private static string ReadClocks(SystemTree tree)
    {
        var free = new List<string>();
        var policies = tree.Directories("/sys/devices/system/cpu/cpufreq", "policy*");
        if (policies.Count == 0) throw new SensorException("the kernel exposes no frequency control");
        foreach (var policy in policies)
        {
            if (tree.Number(policy + "/scaling_min_freq") != tree.Number(policy + "/scaling_max_freq")) free.Add(Path.GetFileName(policy));
        }

        var gpu = GpuDevfreqSource.Device(tree) ?? throw new SensorException("the GPU's frequency control was not found");
        if (tree.Number(gpu + "/min_freq") != tree.Number(gpu + "/max_freq")) free.Add("gpu");
        return free.Count == 0 ? "pinned" : $"not pinned: {string.Join(", ", free)}";
    }
}
