using System.Globalization;

namespace EdgeFleet.Agent.Machine;

/// <summary>The memory of this machine.</summary>
/// <param name="TotalBytes">Installed and usable.</param>
/// <param name="AvailableBytes">What a new process could use without swapping (MemAvailable).</param>
/// <param name="SwapBytes">Swap space.</param>
internal sealed record MemoryInformation(long TotalBytes, long AvailableBytes, long SwapBytes)
{
    public static MemoryInformation Read()
    {
        var lines = File.ReadAllLines("/proc/meminfo");
        long Field(string name)
        {
            var line = lines.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))
                ?? throw new InvalidDataException($"/proc/meminfo has no field '{name}'.");
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }

        return new MemoryInformation(Field("MemTotal"), Field("MemAvailable"), Field("SwapTotal"));
    }
}
