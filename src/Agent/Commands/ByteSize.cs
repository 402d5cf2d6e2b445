using System.Globalization;

namespace EdgeFleet.Agent.Commands;

/// <summary>Sizes on command lines: a number of bytes, or one with KiB, MiB, GiB or TiB.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>Reads a size.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var (unit, shift) = Units.FirstOrDefault(known => text.EndsWith(known.Unit, StringComparison.OrdinalIgnoreCase));
        var number = unit is null ? text : text[..^unit.Length];
        bytes = 0;
        if (!long.TryParse(number.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue >> shift) return false;
        bytes = value << shift;
        return true;
    }
}
