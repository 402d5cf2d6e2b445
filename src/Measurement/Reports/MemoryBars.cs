using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Reports;

/// <summary>What the memory goes to: one stacked bar per candidate and context, all on one scale.</summary>
internal static class MemoryBars
{
    private const double LeastLabelled = 0.08;

    // Kinds with the colours that the shares of time have for what they belong to.
    private static readonly (string Kind, int Colour)[] Kinds = [("weights", 3), ("kv", 2), ("recurrent", 0), ("convolution", 1), ("activations", 5), ("runtime", 9)];

    /// <summary>Draws; null where no result has its memory split.</summary>
    public static Markup? Draw(AnswerSection section)
    {
        MeasuredResult[] split = [.. section.Results.Where(result => result.Memory.Sum(part => part.Bytes) > 0)];
        if (split.Length == 0) return null;

        var largest = split.Max(result => result.Memory.Sum(part => part.Bytes));
        var markup = new Markup();
        markup.Raw("""<p class="legend">""");
        foreach (var (kind, colour) in Kinds.Where(kind => split.Any(result => result.Memory.Any(part => part.Kind == kind.Kind && part.Bytes > 0))))
        {
            markup.Line($"""<span><i class="box k{colour}"></i>{kind}</span>""");
        }

        markup.Raw("""</p><div class="bars">""");
        foreach (var result in split)
        {
            markup.Line($"""<span class="name">{section.Label(result.Candidate)} <small>{LineChart.Tokens(result.Context)}</small></span>""");
            var parts = Kinds.Select(kind => (kind.Kind, kind.Colour, Bytes: result.Memory.Where(part => part.Kind == kind.Kind).Sum(part => part.Bytes))).Where(part => part.Bytes > 0).ToArray();
            markup.Line($"""<span class="bar" role="img" aria-label="{string.Join(", ", parts.Select(part => $"{part.Kind} {Quantity.PeakMemory.Format(part.Bytes)}"))}">""");
            foreach (var (kind, colour, bytes) in parts)
            {
                var size = Quantity.PeakMemory.Format(bytes);
                markup.Line($"""<span class="k{colour}" style="width:{bytes / largest * 100}%" title="{kind} {size}">{(bytes / largest >= LeastLabelled ? size : "")}</span>""");
            }

            markup.Raw("</span>");
        }

        return markup.Raw("</div>");
    }
}
