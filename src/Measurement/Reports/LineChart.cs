using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Reports;

/// <summary>A quantity over context length, one line per candidate, as SVG.</summary>
internal static class LineChart
{
    private const double Width = 440;
    private const double Height = 280;
    private const double Left = 62;
    private const double Right = 428;
    private const double Top = 12;
    private const double Bottom = 238;
    private const double Kibi = 1024;

    /// <summary>Draws a figure with its caption; null where nothing was measured.</summary>
    public static Markup? Draw(AnswerSection section, Quantity quantity)
    {
        Series[] all = [.. section.Candidates.Select((candidate, index) => new Series(index, section.Label(candidate), candidate.Family, Points(section, candidate, quantity)))];
        double[] values = [.. all.SelectMany(series => series.Points).SelectMany(point => (double[])[point.Summary.Median, Spread(point.Summary).Low, Spread(point.Summary).High])];
        if (values.Length == 0) return null;

        var x = Scale.OfContexts([.. section.Contexts], Left + 10, Right - 10);
        var y = Scale.OfValues(values, Bottom, Top, binary: quantity == Quantity.PeakMemory);
        var svg = new Markup();
        svg.Line($"""<figure><figcaption>{quantity.Title()}{(y.Logarithmic ? ", logarithmic" : "")}</figcaption>""");
        svg.Line($"""<svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{quantity.Title()} over context length">""");
        Axes(svg, quantity, x, y);
        foreach (var crossover in section.Crossovers.Where(found => found.Quantity == quantity))
        {
            var at = x.At(crossover.Crossover.Context);
            svg.Line($"""<line class="cross" x1="{at}" x2="{at}" y1="{Top}" y2="{Bottom}"><title>{AnswerText.Sentence(section, crossover)}</title></line>""");
        }

        foreach (var series in all) Draw(svg, series, quantity, x, y);
        return svg.Raw("</svg></figure>");
    }

    /// <summary>A candidate's mark: colour, shape and dash tell it apart, so that none is needed alone.</summary>
    public static Markup Mark(int index, double x, double y)
    {
        var mark = new Markup();
        const double r = 4;
        return (index % 5) switch
        {
            0 => mark.Line($"""<circle class="m c{index % 10}" cx="{x}" cy="{y}" r="{r}"/>"""),
            1 => mark.Line($"""<rect class="m c{index % 10}" x="{x - r + 0.5}" y="{y - r + 0.5}" width="{(2 * r) - 1}" height="{(2 * r) - 1}"/>"""),
            2 => mark.Line($"""<path class="m c{index % 10}" d="M{x} {y - r - 1}L{x + r + 1} {y + r - 1}H{x - r - 1}Z"/>"""),
            3 => mark.Line($"""<path class="m c{index % 10}" d="M{x} {y - r - 1}L{x + r + 1} {y}L{x} {y + r + 1}L{x - r - 1} {y}Z"/>"""),
            _ => mark.Line($"""<path class="m c{index % 10}" d="M{x} {y + r + 1}L{x + r + 1} {y - r + 1}H{x - r - 1}Z"/>"""),
        };
    }

    /// <summary>Dash pattern of a family.</summary>
    public static string Dash(string family) => family switch { "ssm" => "7 4", "hybrid" => "2 3", _ => "none" };

    /// <summary>Context lengths for people: 8192 as <c>8k</c>.</summary>
    public static string Tokens(double context) => context >= Kibi && context % Kibi == 0
        ? (context / Kibi).ToString("0", CultureInfo.InvariantCulture) + "k"
        : context.ToString("0", CultureInfo.InvariantCulture);

    private static ImmutableArray<Point> Points(AnswerSection section, Candidate candidate, Quantity quantity) =>
        [.. section.Curve(candidate, quantity).Select(result => new Point(result.Context, Summary.Of(result.Of(quantity))!))];

    private static Interval Spread(Summary summary) => summary.Confidence95 ?? summary.Range;

    private static void Axes(Markup svg, Quantity quantity, Scale x, Scale y)
    {
        foreach (var mark in y.Marks)
        {
            svg.Line($"""<line class="grid" x1="{Left}" x2="{Right}" y1="{y.At(mark)}" y2="{y.At(mark)}"/>""");
            svg.Line($"""<text class="tick" text-anchor="end" x="{Left - 6}" y="{y.At(mark) + 4}">{Short(quantity, mark)}</text>""");
        }

        foreach (var mark in x.Marks)
        {
            svg.Line($"""<line class="axis" x1="{x.At(mark)}" x2="{x.At(mark)}" y1="{Bottom}" y2="{Bottom + 4}"/>""");
            svg.Line($"""<text class="tick" text-anchor="middle" x="{x.At(mark)}" y="{Bottom + 18}">{Tokens(mark)}</text>""");
        }

        svg.Line($"""<line class="axis" x1="{Left}" x2="{Right}" y1="{Bottom}" y2="{Bottom}"/>""");
        svg.Line($"""<text class="tick" text-anchor="middle" x="{(Left + Right) / 2}" y="{Bottom + 36}">context, tokens (logarithmic)</text>""");
    }

    /// <summary>A mark without the zeros behind the point that its digits end with: <c>2 ms</c>, <c>2.5 ms</c>.</summary>
    private static string Short(Quantity quantity, double mark) => mark == 0 ? "0"
        : quantity.Format(mark).Split(' ') is [var digits, var unit] && digits.Contains('.', StringComparison.Ordinal) ? $"{digits.TrimEnd('0').TrimEnd('.')} {unit}"
        : quantity.Format(mark);

    private static void Draw(Markup svg, Series series, Quantity quantity, Scale x, Scale y)
    {
        if (series.Points.IsEmpty) return;
        var path = string.Join('L', series.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{x.At(point.Context):0.##} {y.At(point.Summary.Median):0.##}")));
        svg.Line($"""<path class="line c{series.Index % 10}" stroke-dasharray="{Dash(series.Family)}" d="M{path}"/>""");
        foreach (var point in series.Points)
        {
            var (at, spread) = (x.At(point.Context), Spread(point.Summary));
            var kind = point.Summary.Confidence95 is null ? "range" : "95 % interval";
            var title = $"{series.Label} at {Tokens(point.Context)} tokens: {quantity.Format(point.Summary.Median)}"
                + (point.Summary.Count == 1 ? ", one repeat" : $", {kind} {quantity.Format(spread.Low)} to {quantity.Format(spread.High)} over {point.Summary.Count} repeats");
            svg.Line($"<g><title>{title}</title>");
            if (point.Summary.Count > 1) svg.Line($"""<line class="spread c{series.Index % 10}" x1="{at}" x2="{at}" y1="{y.At(spread.Low)}" y2="{y.At(spread.High)}"/>""");
            svg.Add(Mark(series.Index, at, y.At(point.Summary.Median))).Raw("</g>");
        }
    }

    private sealed record Point(int Context, Summary Summary);

    private sealed record Series(int Index, string Label, string Family, ImmutableArray<Point> Points);
}
