using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Measurement.Answers;

/// <summary>Names and units of the quantities.</summary>
public static class Quantities
{
    private const int Thousand = 1000;
    private const int Kibi = 1024;

    /// <summary>All, in the order in which they are reported.</summary>
    public static ImmutableArray<Quantity> All { get; } = [.. Enum.GetValues<Quantity>()];

    /// <summary>Name for people.</summary>
    public static string Title(this Quantity quantity) => quantity switch
    {
        Quantity.TimeToFirstToken => "Time to first token",
        Quantity.TimePerOutputToken => "Time per output token",
        Quantity.PeakMemory => "Peak memory",
        Quantity.PrefillEnergy => "Prefill energy per token",
        _ => "Decode energy per token",
    };

    /// <summary>Short name.</summary>
    public static string Symbol(this Quantity quantity) => quantity switch
    {
        Quantity.TimeToFirstToken => "TTFT",
        Quantity.TimePerOutputToken => "TPOT",
        Quantity.PeakMemory => "peak memory",
        Quantity.PrefillEnergy => "prefill J/token",
        _ => "decode J/token",
    };

    /// <summary>A value with its unit and three significant digits, e.g. <c>12.3 ms</c> or <c>1.25 GiB</c>.</summary>
    public static string Format(this Quantity quantity, double value) => quantity switch
    {
        Quantity.PeakMemory => Scaled(value, Kibi, ["B", "KiB", "MiB", "GiB", "TiB"]),
        Quantity.PrefillEnergy or Quantity.DecodeEnergy => Small(value, "J"),
        _ => Small(value, "s"),
    };

    private static string Small(double value, string unit) => value switch
    {
        0 => $"0 {unit}",
        >= 1 => $"{Digits(value)} {unit}",
        >= 1e-3 => $"{Digits(value * 1e3)} m{unit}",
        >= 1e-6 => $"{Digits(value * 1e6)} µ{unit}",
        _ => $"{Digits(value * 1e9)} n{unit}",
    };

    private static string Scaled(double value, double step, string[] units)
    {
        var unit = 0;
        while (value >= Thousand && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }

        return $"{Digits(value)} {units[unit]}";
    }

    private static string Digits(double value) =>
        value.ToString(Math.Abs(value) switch { >= 99.95 => "0", >= 9.995 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
