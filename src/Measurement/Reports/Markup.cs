using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace EdgeFleet.Measurement.Reports;

/// <summary>Builds HTML and SVG. Holes of interpolated strings are escaped unless they are markup themselves, so that no input can become markup.</summary>
internal sealed class Markup
{
    private readonly StringBuilder text = new();

    /// <summary>Adds a line; text in holes is escaped, numbers are written with at most two decimals.</summary>
    public Markup Line(FormattableString line)
    {
        object?[] arguments = [.. line.GetArguments().Select(Safe)];
        text.AppendFormat(CultureInfo.InvariantCulture, line.Format, arguments).Append('\n');
        return this;
    }

    /// <summary>Adds what was built elsewhere.</summary>
    public Markup Add(Markup other)
    {
        text.Append(other.text);
        return this;
    }

    /// <summary>Text that is made of our own constants.</summary>
    public Markup Raw(string constant)
    {
        text.Append(constant).Append('\n');
        return this;
    }

    public override string ToString() => text.ToString();

    // HTML and XML have no way to write most control characters.
    private static string Printable(string words) => words.Any(char.IsControl) ? string.Concat(words.Select(letter => char.IsControl(letter) ? ' ' : letter)) : words;

    private static object? Safe(object? hole) => hole switch
    {
        Markup markup => markup.ToString().TrimEnd('\n'),
        string words => HtmlEncoder.Default.Encode(Printable(words)),
        double number => number.ToString("0.##", CultureInfo.InvariantCulture),
        int number => number.ToString(CultureInfo.InvariantCulture),
        null => "",
        _ => throw new ArgumentException($"A hole holds a {hole.GetType().Name}, which is neither text, number nor markup.", nameof(hole)),
    };
}
