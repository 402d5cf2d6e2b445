using System.Globalization;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Measurement.Reports;

/// <summary>An answer as one HTML page that needs nothing else: no script, no font, no image, no address is loaded.</summary>
public static class HtmlReport
{
    private static readonly string[] MachineFirst = ["cpu_model", "gpu_model", "cpu_cores", "memory_bytes", "power_mode", "cpu_governor", "os", "kernel", "onnxruntime_version"];

    /// <summary>Writes the page.</summary>
    /// <param name="answer">The answer.</param>
    public static string Write(Answer.Given answer)
    {
        var page = new Markup();
        page.Raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
            .Raw("<title>EdgeFleet: which model on this device</title><style>").Raw(ReportStyle.Css).Raw("</style></head><body><main>");
        page.Raw("<h1>Which model on this device?</h1>").Line($"<p class=\"soft\">{Machine(answer)}</p>");
        foreach (var ignored in answer.Ignored) page.Line($"<p class=\"warn\">Results differ in a condition that was not to be minded: {ignored.ToString()}</p>");
        if (answer.Sections.IsEmpty) page.Raw("<p>There are no results.</p>");
        foreach (var section in answer.Sections) page.Add(Section(section));
        page.Add(Conditions(answer));
        return page.Raw("</main></body></html>").ToString();
    }

    private static string Machine(Answer.Given answer)
    {
        string[] known = [.. MachineFirst.Take(2).Concat(["os"]).Select(name => answer.Conditions.GetValueOrDefault(name, "")).Where(value => value.Length > 0)];
        return known.Length > 0 ? string.Join(" · ", known) : answer.Conditions.GetValueOrDefault("device_id", "");
    }

    private static Markup Section(AnswerSection section)
    {
        var markup = new Markup();
        markup.Line($"<h2>{Capitalised(section.Setting.ToString())}</h2>");
        string[] leads = [.. AnswerText.Leads(section)];
        if (leads.Length > 0) markup.Raw("<h3>Best</h3><ul>");
        foreach (var lead in leads) markup.Line($"<li>{lead}</li>");
        if (leads.Length > 0) markup.Raw("</ul>");
        markup.Add(Best(section));
        if (section.Crossovers.Length > 0)
        {
            markup.Raw("<h3>Where one overtakes another</h3><ul>");
            foreach (var crossover in section.Crossovers) markup.Line($"<li>{AnswerText.Sentence(section, crossover)}</li>");
            markup.Raw("</ul>");
        }

        markup.Raw("<h3>How long a context fits</h3><ul>");
        foreach (var reach in section.Reaches) markup.Line($"<li>{AnswerText.Sentence(section, reach)}</li>");
        markup.Raw("</ul>").Add(Charts(section));
        if (MemoryBars.Draw(section) is { } memory) markup.Raw("<h3>Where the memory goes</h3><p class=\"soft\">Parts of the peak, as measured in a pass of its own.</p>").Add(memory);
        if (ShareBars.Draw(section) is { } shares) markup.Raw("<h3>Where the time goes</h3><p class=\"soft\">Shares of operator time, from a profiled pass of its own.</p>").Add(shares);
        return markup.Add(Numbers(section)).Add(Findings(section));
    }

    /// <summary>The best candidate per context and quantity, with its lead over the second.</summary>
    private static Markup Best(AnswerSection section)
    {
        var markup = new Markup();
        Quantity[] quantities = [.. section.Rankings.Select(ranking => ranking.Quantity).Distinct()];
        if (quantities.Length == 0) return markup.Raw("<p>No run completed.</p>");
        if (section.Candidates.Length == 1) markup.Line($"<p>Only {section.Label(section.Candidates[0])} was measured so: there is nothing to rank.</p>");
        markup.Raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\" class=\"n\">context</th>");
        foreach (var quantity in quantities) markup.Line($"<th scope=\"col\">{quantity.Title()}</th>");
        markup.Raw("</tr></thead><tbody>");
        foreach (var context in section.Contexts)
        {
            markup.Line($"<tr><th scope=\"row\" class=\"n\">{LineChart.Tokens(context)}</th>");
            foreach (var quantity in quantities)
            {
                var ranking = section.Rankings.FirstOrDefault(ranking => ranking.Quantity == quantity && ranking.Context == context);
                if (ranking is null) markup.Raw("<td class=\"soft\">-</td>");
                else markup.Line($"<td><b>{section.Label(ranking.Places[0].Candidate)}</b>{quantity.Format(ranking.Places[0].Summary.Median)}<small>{Lead(section, ranking)}</small></td>");
            }

            markup.Raw("</tr>");
        }

        return markup.Raw("</tbody></table></div>");
    }

    private static string Lead(AnswerSection section, Ranking ranking) => ranking.Places.Length < 2
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"next {section.Label(ranking.Places[1].Candidate)} x {ranking.Places[1].OverBest:0.00}, {AnswerText.Word(ranking.Places[1].AgainstBest!.Value)}");

    private static Markup Charts(AnswerSection section)
    {
        var markup = new Markup();
        markup.Raw("<h3>Over context length</h3><p class=\"legend\">");
        foreach (var (index, candidate) in section.Candidates.Index())
        {
            markup.Line($"""<span><svg class="key" viewBox="0 0 34 14"><path class="line c{index % 10}" stroke-dasharray="{LineChart.Dash(candidate.Family)}" d="M0 7H34"/>{LineChart.Mark(index, 17, 7)}</svg>{section.Label(candidate)} <small>{candidate.Family}</small></span>""");
        }

        markup.Raw("</p><div class=\"charts\">");
        foreach (var quantity in section.Compared)
        {
            if (LineChart.Draw(section, quantity) is { } chart) markup.Add(chart);
        }

        markup.Raw("</div><p class=\"soft\">Solid: Transformer, dashed: SSM, dotted: hybrid. Bars: 95 % interval over repeats, with fewer than 6 repeats their range. Dashed verticals: crossovers.</p>");
        if (!section.Compared.Contains(Quantity.PeakMemory)) markup.Line($"<p class=\"soft\">{AnswerText.NoMemory}</p>");
        string[] reasons = section.Results.Any(result => !result.Of(Quantity.PrefillEnergy).IsEmpty) ? [] : [.. section.Results.Select(result => result.EnergyUnavailable).Where(reason => reason.Length > 0).Distinct()];
        if (reasons.Length > 0) markup.Line($"<p class=\"soft\">Joules per token are unavailable: {string.Join("; ", reasons)}.</p>");
        return markup;
    }

    private static Markup Numbers(AnswerSection section)
    {
        var markup = new Markup();
        markup.Raw("<h3>All numbers</h3>");
        foreach (var quantity in section.Rankings.GroupBy(ranking => ranking.Quantity))
        {
            markup.Line($"<details><summary>{quantity.Key.Title()}</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">candidate</th>");
            int[] contexts = [.. quantity.Select(ranking => ranking.Context)];
            foreach (var context in contexts) markup.Line($"<th scope=\"col\" class=\"n\">{LineChart.Tokens(context)}</th>");
            markup.Raw("</tr></thead><tbody>");
            foreach (var candidate in section.Candidates)
            {
                markup.Line($"<tr><th scope=\"row\">{section.Label(candidate)}</th>");
                foreach (var ranking in quantity) markup.Add(Cell(ranking, candidate));
                markup.Raw("</tr>");
            }

            markup.Raw("</tbody></table></div></details>");
        }

        return markup;
    }

    private static Markup Cell(Ranking ranking, Candidate candidate)
    {
        var place = ranking.Places.FirstOrDefault(place => place.Candidate == candidate);
        if (place is null) return new Markup().Raw("<td class=\"n soft\">-</td>");
        var summary = place.Summary;
        var spread = summary.Count == 1 ? "1 repeat"
            : summary.Confidence95 is { } confidence ? $"{ranking.Quantity.Format(confidence.Low)} – {ranking.Quantity.Format(confidence.High)}"
            : $"{ranking.Quantity.Format(summary.Range.Low)} – {ranking.Quantity.Format(summary.Range.High)} ({summary.Count} repeats)";
        return new Markup().Line($"<td class=\"n{(place.AgainstBest is null ? " best" : "")}\">{ranking.Quantity.Format(summary.Median)}<small>{spread}</small></td>");
    }

    private static Markup Findings(AnswerSection section)
    {
        var markup = new Markup();
        var findings = section.Results.SelectMany(result => result.Findings.Select(code => (Code: code, Result: result))).GroupBy(pair => pair.Code, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).ToArray();
        var invalid = section.Results.Sum(result => result.InvalidRepeats);
        if (findings.Length == 0 && invalid == 0) return markup;
        markup.Raw("<h3>What to know of these results</h3><ul>");
        if (invalid > 0) markup.Line($"<li class=\"warn\">{invalid} repeats were left out, since a finding invalidates them.</li>");
        foreach (var finding in findings) markup.Line($"<li><code>{finding.Key}</code>: {finding.Count()} of {section.Results.Length} results</li>");
        return markup.Raw("</ul><p class=\"soft\">docs/measurement.md explains each code.</p>");
    }

    private static Markup Conditions(Answer.Given answer)
    {
        var markup = new Markup();
        markup.Raw("<h2>Measured under</h2><div class=\"scroll\"><table><tbody>");
        var names = MachineFirst.Where(answer.Conditions.ContainsKey).Concat(answer.Conditions.Keys.Except(MachineFirst, StringComparer.Ordinal));
        foreach (var name in names) markup.Line($"<tr><th scope=\"row\" class=\"soft\">{name}</th><td>{answer.Conditions[name]}</td></tr>");
        markup.Raw("</tbody></table></div>");
        return markup.Line($"<p class=\"soft\">Medians over repeats; an order is called clear when the 95 % interval of the ratio lies beyond 3 %, tied when it lies within, and not certain otherwise or with fewer than {Summary.FewestForInterval} repeats.</p>");
    }

    private static string Capitalised(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
