using System.Collections.Immutable;
using System.Text;

namespace EdgeFleet.Agent.Identity;

/// <summary>What identifies the hardware beside the key: device-tree serial, DMI UUID, GPU UUIDs, addresses of built-in network interfaces.</summary>
internal static class HardwareFingerprint
{
    private const int LongestValue = 1024;

    /// <summary>Reads it; a source that this machine or user cannot read is left out.</summary>
    /// <param name="root">Where <c>/proc</c> and <c>/sys</c> are; <c>/</c> but in tests.</param>
    public static ImmutableSortedDictionary<string, string> Read(string root = "/")
    {
        var found = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        void Add(string name, string? value)
        {
            if (!string.IsNullOrWhiteSpace(value)) found[name] = value.Length > LongestValue ? value[..LongestValue] : value;
        }

        Add("device_tree_serial", Text(Path.Combine(root, "proc/device-tree/serial-number")));
        Add("dmi_uuid", Text(Path.Combine(root, "sys/class/dmi/id/product_uuid")));
        Add("gpu_uuids", Graphics(Path.Combine(root, "proc/driver/nvidia/gpus")));
        Add("network_addresses", Networks(Path.Combine(root, "sys/class/net")));
        return found.ToImmutable();
    }

    /// <summary>Whether two fingerprints are of different machines: something that both state differs. What only one could read says nothing.</summary>
    public static bool Contradict(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Any(part => other.TryGetValue(part.Key, out var value) && value != part.Value);

    /// <summary>One <c>name=value</c> line a part.</summary>
    public static string Format(IReadOnlyDictionary<string, string> fingerprint)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in fingerprint) text.Append(name).Append('=').Append(value).Append('\n');
        return text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> wrote.</summary>
    public static ImmutableSortedDictionary<string, string> Parse(string text) =>
        text.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2)
            .ToImmutableSortedDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);

    private static string? Graphics(string directory) => !Directory.Exists(directory) ? null : string.Join(
        ' ',
        Directory.EnumerateDirectories(directory)
            .SelectMany(gpu => (Text(Path.Combine(gpu, "information")) ?? "").Split('\n'))
            .Where(line => line.StartsWith("GPU UUID:", StringComparison.Ordinal))
            .Select(line => line["GPU UUID:".Length..].Trim()).Where(uuid => !uuid.Contains('?', StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    // Interfaces of hardware have a device behind them, virtual ones have none; one on USB comes and goes.
    private static string? Networks(string directory) => !Directory.Exists(directory) ? null : string.Join(
        ' ',
        Directory.EnumerateDirectories(directory)
            .Where(net => Directory.Exists(Path.Combine(net, "device")) && !Device(net).Contains("/usb", StringComparison.Ordinal))
            .Select(net => Text(Path.Combine(net, "address"))).OfType<string>().Order(StringComparer.Ordinal));

    private static string Device(string net) => new DirectoryInfo(net).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? net;

    private static string? Text(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim('\0', '\n', ' ') : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Root alone may read the DMI UUID; the other parts stand without it.
            return null;
        }
    }
}
