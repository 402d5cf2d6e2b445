using System.Globalization;

namespace EdgeFleet.Agent.Commands;

/// <summary>Reads sizes of memory: a number with <c>K</c>, <c>M</c>, <c>G</c> or nothing after it, in powers of 1024.</summary>
internal static class MemorySize
{
    private const long Least = 16L << 20;

    /// <summary>Reads a size; null of null.</summary>
    /// <param name="option">Names the option in errors.</param>
    /// <param name="text">What was given.</param>
    /// <exception cref="UsageException">It is none, or less than any worker needs.</exception>
    public static long? Parse(string option, string? text)
    {
        if (text is null) return null;
        var shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        var digits = shift == 0 ? text : text[..^1];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> shift && number << shift >= Least
            ? number << shift
            : throw new UsageException($"{option} '{text}' is no size of at least 16M, e.g. 800M or 4G.");
    }
}
