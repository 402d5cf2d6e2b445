namespace EdgeFleet.Agent.Machine;

/// <summary>The operating system of this machine.</summary>
/// <param name="Name">E.g. <c>Debian GNU/Linux 12 (bookworm)</c>.</param>
/// <param name="Kernel">Kernel release.</param>
/// <param name="BootId">Changes with every boot; ties monotonic times to it.</param>
internal sealed record OperatingSystemInformation(string Name, string Kernel, string BootId)
{
    public static OperatingSystemInformation Read()
    {
        var name = File.Exists("/etc/os-release")
            ? File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?[12..].Trim('"')
            : null;
        return new OperatingSystemInformation(
            name ?? "unknown", File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());
    }
}
