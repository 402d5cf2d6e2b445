using System.Globalization;
using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Reports;

/// <summary>Where the time goes: one stacked bar per candidate, context and phase.</summary>
internal static class ShareBars
{
    private const double LeastLabelled = 0.07;

    // In the order of docs/measurement.md; what is not among them is drawn as other.
    private static readonly string[] Classes =
    [
        "ssm_scan", "causal_conv", "attention", "gemm", "lm_head", "normalization", "activation", "elementwise", "embedding", "memory", "sampling", "other",
    ];

    /// <summary>Draws; null where nothing was profiled.</summary>
    public static Markup? Draw(AnswerSection section)
    {
        MeasuredResult[] profiled = [.. section.Results.Where(result => !result.Shares.IsEmpty)];
        if (profiled.Length == 0) return null;

        var markup = new Markup();
        var used = Classes.Where(name => profiled.Any(result => result.Shares.Any(share => Known(share.Class) == name))).ToArray();
        markup.Raw("""<p class="legend">""");
        foreach (var name in used) markup.Line($"""<span><i class="box k{Array.IndexOf(Classes, name)}"></i>{name}</span>""");
        markup.Raw("</p>");
        foreach (var phase in (string[])["prefill", "decode"])
        {
            if (!profiled.Any(result => result.Shares.Any(share => share.Phase == phase))) continue;
            markup.Line($"""<h4>{(phase == "prefill" ? "Prefill" : "Decode")}</h4><div class="bars">""");
            foreach (var result in profiled) Bar(markup, section, result, phase);
            markup.Raw("</div>");
        }

        return markup;
    }

    private static void Bar(Markup markup, AnswerSection section, MeasuredResult result, string phase)
    {
        var shares = result.Shares.Where(share => share.Phase == phase && share.Share > 0).GroupBy(share => Known(share.Class))
            .OrderBy(group => Array.IndexOf(Classes, group.Key)).Select(group => (Class: group.Key, Share: group.Sum(share => share.Share))).ToArray();
        if (shares.Length == 0) return;
        markup.Line($"""<span class="name">{section.Label(result.Candidate)} <small>{LineChart.Tokens(result.Context)}</small></span>""");
        markup.Line($"""<span class="bar" role="img" aria-label="{string.Join(", ", shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share.Class} {share.Share:P0}")))}">""");
        foreach (var (name, share) in shares)
        {
            var percent = share.ToString("P0", CultureInfo.InvariantCulture);
            var label = share >= LeastLabelled ? percent : "";
            markup.Line($"""<span class="k{Array.IndexOf(Classes, name)}" style="width:{share * 100}%" title="{name} {percent}">{label}</span>""");
        }

        markup.Raw("</span>");
    }

    private static string Known(string name) => Classes.Contains(name) ? name : "other";
}
