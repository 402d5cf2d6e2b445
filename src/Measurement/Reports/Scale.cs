using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Reports;

/// <summary>Maps values to positions of an axis, and says where its marks are.</summary>
/// <param name="Low">Value at the start.</param>
/// <param name="High">Value at the end.</param>
/// <param name="Start">Position of <paramref name="Low"/>.</param>
/// <param name="End">Position of <paramref name="High"/>.</param>
/// <param name="Logarithmic">Whether equal ratios are equally far apart.</param>
/// <param name="Marks">Values with a mark.</param>
internal sealed record Scale(double Low, double High, double Start, double End, bool Logarithmic, ImmutableArray<double> Marks)
{
    private const double WideRatio = 12;
    private const int MostMarks = 6;

    /// <summary>An axis of values: logarithmic where they span more than a factor of twelve, else linear from 0.</summary>
    /// <param name="values">Positive values.</param>
    /// <param name="start">Position of the start.</param>
    /// <param name="end">Position of the end.</param>
    /// <param name="binary">Whether marks are powers of two: for bytes.</param>
    public static Scale OfValues(IReadOnlyCollection<double> values, double start, double end, bool binary)
    {
        var (low, high) = (values.Min(), values.Max());
        if (high / low <= WideRatio)
        {
            var step = binary ? Math.Pow(2, Math.Ceiling(Math.Log2(high / (MostMarks - 1)))) : Step(high / (MostMarks - 1));
            var top = Math.Ceiling(high * 1.02 / step) * step;
            return new Scale(0, top, start, end, false, [.. Enumerable.Range(0, (int)Math.Round(top / step) + 1).Select(i => i * step)]);
        }

        (low, high) = (low / 1.15, high * 1.15);
        if (binary)
        {
            var powers = Enumerable.Range((int)Math.Ceiling(Math.Log2(low)), Math.Max(0, (int)Math.Floor(Math.Log2(high)) - (int)Math.Ceiling(Math.Log2(low)) + 1)).ToArray();
            var every = 1 + (powers.Length / (MostMarks + 1));
            return new Scale(low, high, start, end, true, [.. powers.Where((_, at) => at % every == 0).Select(power => Math.Pow(2, power))]);
        }

        double[] factors = Math.Log10(high / low) > 4 ? [1] : Math.Log10(high / low) > 2 ? [1, 3] : [1, 2, 5];
        return new Scale(low, high, start, end, true, [.. Decades(low, high).SelectMany(decade => factors.Select(factor => factor * decade)).Where(mark => mark >= low && mark <= high)]);
    }

    /// <summary>An axis of context lengths, logarithmic, marked at measured lengths.</summary>
    public static Scale OfContexts(IReadOnlyList<int> contexts, double start, double end)
    {
        var (low, high) = ((double)contexts[0], (double)contexts[^1]);
        if (low == high) (low, high) = (low / 2, high * 2);
        var scale = new Scale(low, high, start, end, true, []);
        var marks = ImmutableArray.CreateBuilder<double>();
        var room = Math.Abs(end - start) / MostMarks * 0.7;
        foreach (var context in contexts)
        {
            if (marks.Count == 0 || Math.Abs(scale.At(context) - scale.At(marks[^1])) >= room) marks.Add(context);
        }

        return scale with { Marks = marks.ToImmutable() };
    }

    /// <summary>Position of a value.</summary>
    public double At(double value)
    {
        var share = Logarithmic ? Math.Log(value / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);
        return Start + (share * (End - Start));
    }

    private static IEnumerable<double> Decades(double low, double high)
    {
        for (var decade = Math.Pow(10, Math.Floor(Math.Log10(low))); decade <= high; decade *= 10) yield return decade;
    }

    private static double Step(double rough)
    {
        var decade = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return decade * (rough / decade) switch { <= 1 => 1, <= 2 => 2, <= 2.5 => 2.5, <= 5 => 5, _ => 10 };
    }
}
