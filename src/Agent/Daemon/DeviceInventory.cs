using System.Globalization;
using EdgeFleet.Agent.Machine;
using Google.Protobuf.Collections;

namespace EdgeFleet.Agent.Daemon;

/// <summary>What the device is, for people and for the keys under which results are compared.</summary>
internal static class DeviceInventory
{
    private const string DeviceTreeModel = "/proc/device-tree/model";
    private const string JetPackRelease = "/etc/nv_tegra_release";
    private const string NvidiaDriver = "/proc/driver/nvidia/version";

    /// <summary>Fills the inventory.</summary>
    public static void Describe(MapField<string, string> inventory)
    {
        var processor = ProcessorInformation.Read();
        var system = OperatingSystemInformation.Read();
        var board = Text(DeviceTreeModel);
        inventory["hardware_class"] = HardwareClass(board ?? processor.Model);
        inventory["cpu"] = processor.Model;
        inventory["cpu_cores"] = processor.PhysicalCores.ToString(CultureInfo.InvariantCulture);
        inventory["memory_bytes"] = MemoryInformation.Read().TotalBytes.ToString(CultureInfo.InvariantCulture);
        inventory["os"] = system.Name;
        inventory["kernel"] = system.Kernel;
        inventory["runtime"] = BuildInformation.Read().Runtime;
        if (board is not null) inventory["board"] = board;
        if (Text(JetPackRelease) is { } release) inventory["jetpack"] = release.Split('\n')[0];
        if (Text(NvidiaDriver) is { } driver) inventory["driver"] = driver.Split('\n')[0];
    }

    /// <summary>A name for like hardware: lower-case words with hyphens, without trade marks and clock.</summary>
    public static string HardwareClass(string model)
    {
        var words = model.ToLowerInvariant().Replace("(r)", " ", StringComparison.Ordinal).Replace("(tm)", " ", StringComparison.Ordinal).Split('@')[0]
            .Split([' ', ',', '/', '_', '(', ')'], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word is not ("cpu" or "processor")).Select(word => string.Concat(word.Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')));
        var name = string.Join('-', words.Where(word => word.Length > 0));
        return name.Length == 0 ? "unknown" : name.Length > 64 ? name[..64] : name;
    }

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path).Trim('\0', '\n', ' ') : null;
}
