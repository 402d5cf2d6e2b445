using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Measurement.Axes;

/// <summary>
/// Reads the values of an axis: a comma-separated list of numbers and ranges as in llama-bench, e.g. <c>1k,8k,32k</c>, <c>1k-64k*2</c>,
/// <c>0-4096+512</c>, <c>1-4</c>.
/// </summary>
/// <remarks>
/// <code>
/// axis   = item *( "," item )
/// item   = number [ "-" number [ ( "+" | "*" ) number ] ]     ; without a step: + 1
/// number = 1*DIGIT [ "k" | "K" | "m" | "M" ]                  ; k = 1024, m = 1024 x 1024
/// </code>
/// Spaces around an item are allowed. The end of a range is included when the steps reach it. A value that occurs twice is kept once, at
/// its first place: repeats are asked for by <c>--repeats</c>.
/// </remarks>
public static class Axis
{
    /// <summary>Reads and expands an axis.</summary>
    /// <param name="name">Name of the axis, for errors.</param>
    /// <param name="text">Text to read.</param>
    /// <param name="limits">Values that are allowed.</param>
    /// <returns>The values in the order of the text, each once.</returns>
    /// <exception cref="AxisFormatException">The text does not follow the grammar, leaves the limits or expands to too many values.</exception>
    public static ImmutableArray<int> Parse(string name, string text, AxisLimits limits)
    {
        var reader = new Reader(name, text, limits);
        var values = ImmutableArray.CreateBuilder<int>();
        var seen = new HashSet<int>();
        do
        {
            var start = reader.SkipSpaces();
            foreach (var value in reader.Item())
            {
                if (!seen.Add(value)) continue;
                if (values.Count == limits.MaximumCount) throw reader.Error(start, $"expands to more than {limits.MaximumCount} values");
                values.Add(value);
            }

            reader.SkipSpaces();
        }
        while (reader.Comma());

        return values.ToImmutable();
    }

    private sealed class Reader(string name, string text, AxisLimits limits)
    {
        private int position;

        public AxisFormatException Error(int at, string problem) => new(name, text, at, problem);

        public int SkipSpaces()
        {
            while (position < text.Length && text[position] == ' ') position++;
            return position;
        }

        public bool Comma()
        {
            if (position == text.Length) return false;
            if (text[position] != ',') throw Error(position, $"unexpected '{text[position]}'; expected a comma or the end");
            position++;
            return true;
        }

        public IEnumerable<int> Item()
        {
            var start = position;
            var first = Number();
            if (!Take('-')) return [Limited(start, first)];

            var last = Number();
            if (last < first) throw Error(start, $"the range ends at {last}, before it begins at {first}");

            _ = Limited(start, first);
            _ = Limited(start, last);
            var multiply = false;
            long step = 1;
            if (Take('+') || (multiply = Take('*')))
            {
                var at = position;
                step = Number();
                if (multiply && step < 2) throw Error(at, "a factor must be at least 2");
                if (!multiply && step < 1) throw Error(at, "a step must be at least 1");
                if (multiply && first == 0) throw Error(start, "a range with a factor cannot begin at 0");
            }

            var count = multiply ? 1 + (long)Math.Floor(Math.Log((double)last / first) / Math.Log(step)) : 1 + ((last - first) / step);
            return count > limits.MaximumCount
                ? throw Error(start, $"the range expands to {count} values; at most {limits.MaximumCount} are allowed")
                : Expand(first, last, step, multiply);
        }

        private static IEnumerable<int> Expand(long first, long last, long step, bool multiply)
        {
            for (var value = first; value <= last; value = multiply ? value * step : value + step) yield return (int)value;
        }

        private int Limited(int at, long value) => value < limits.Minimum || value > limits.Maximum
            ? throw Error(at, $"{value} is outside {limits.Minimum} to {limits.Maximum}")
            : (int)value;

        private bool Take(char symbol)
        {
            if (position == text.Length || text[position] != symbol) return false;
            position++;
            return true;
        }

        private long Number()
        {
            var start = position;
            while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
            if (position == start)
            {
                throw Error(start, position == text.Length ? "ends where a number is expected" : $"'{text[position]}' is not a number");
            }

            if (!int.TryParse(text.AsSpan(start, position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var digits))
            {
                throw Error(start, $"{text[start..position]} is too large");
            }

            long unit = 1;
            if (Take('k') || Take('K')) unit = 1024;
            else if (Take('m') || Take('M')) unit = 1024 * 1024;
            return digits * unit;
        }
    }
}
