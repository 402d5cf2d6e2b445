using System.Globalization;

namespace EdgeFleet.Agent.Commands;

/// <summary>Sizes on command lines: a number of bytes, or one with K, M, G or T after it, in powers of 1024; KiB and the like say the same.</summary>
internal static class ByteSize
{
    private const string Units = "KMGT";
    private const string Binary = "iB";

    /// <summary>Less than any worker needs.</summary>
    private const long LeastMemory = 16L << 20;

    /// <summary>Reads a size.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var number = text.EndsWith(Binary, StringComparison.OrdinalIgnoreCase) ? text[..^Binary.Length] : text;
        var unit = number.Length == 0 ? -1 : Units.IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal);
        if (unit < 0 && number.Length < text.Length) return false;
        var shift = (unit + 1) * 10;
        if (unit >= 0) number = number[..^1];
        if (!long.TryParse(number.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value > long.MaxValue >> shift) return false;
        bytes = value << shift;
        return true;
    }

    /// <summary>Reads a limit of memory; null of null.</summary>
    /// <param name="option">Names the option in errors.</param>
    /// <param name="text">What was given.</param>
    /// <exception cref="UsageException">It is none, or less than any worker needs.</exception>
    public static long? MemoryLimit(string option, string? text) => text is null ? null
        : TryParse(text, out var bytes) && bytes >= LeastMemory ? bytes
        : throw new UsageException($"{option} '{text}' is no size of at least 16M, e.g. 800M or 4G.");
}
