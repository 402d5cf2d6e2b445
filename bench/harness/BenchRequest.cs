using System.Globalization;
using EdgeFleet.Models.Export;

namespace EdgeFleet.Harness.Bench;

/// <summary>What was asked for.</summary>
/// <param name="Model">Name in the catalogue.</param>
/// <param name="Precision">Precision.</param>
/// <param name="Pairs">Pairs of blocks.</param>
/// <param name="Steps">Tokens of a block.</param>
/// <param name="Threads">Threads.</param>
internal sealed record BenchRequest(string Model, ExportPrecision Precision, int Pairs, int Steps, int Threads)
{
    /// <summary>Reads <c>MODEL PRECISION PAIRS STEPS THREADS</c>.</summary>
    public static BenchRequest Parse(ReadOnlySpan<string> arguments) =>
        new(arguments[0], ExportNames.ParsePrecision(arguments[1]), Number(arguments[2]), Number(arguments[3]), Number(arguments[4]));

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
