using System.Collections.Immutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using CsCheck;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Reports;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Answers;

public sealed partial class HtmlReportTests
{
    [Fact]
    public void The_page_loads_nothing_and_runs_nothing()
    {
        var page = Page(Results.Of("mamba", 512, 1), Results.Of("gpt", 512, 2), Results.Of("mamba", 2048, 2), Results.Of("gpt", 2048, 1));
        Assert.DoesNotMatch(Reference(), page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("Where one overtakes another", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Input_of_any_kind_stays_text() =>
        Gen.String.Sample(
            name =>
            {
                var hostile = name + "</title><script>alert(1)</script>\"'&{0}{";
                var result = Results.Of("x", 512, 1) with
                {
                    Candidate = Results.Candidate(hostile) with { Family = hostile },
                    Findings = [hostile],
                    Shares = [new ClassShare("prefill", hostile, 1)],
                    Conditions = Results.Conditions.SetItem("cpu_model", hostile),
                };
                var page = Page(result, Results.Of("gpt", 512, 2) with { Conditions = result.Conditions });
                Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
                foreach (Match svg in Svg().Matches(page)) XElement.Parse(svg.Value);
            },
            iter: 50);

    [Fact]
    public void Every_chart_is_well_formed_and_has_a_point_for_every_result()
    {
        MeasuredResult[] results = [.. ((int[])[256, 1000, 4096]).SelectMany(n => (MeasuredResult[])[Results.Of("mamba", n, n), Results.Of("gpt", n, n * n)])];
        var chart = XElement.Parse(Svg().Matches(Page(results)).Select(match => match.Value).First(svg => svg.Contains("role=", StringComparison.Ordinal)));
        Assert.Equal(6, chart.Elements("g").Count());
        Assert.Equal(2, chart.Elements("path").Count(path => (string?)path.Attribute("class") is { } name && name.StartsWith("line", StringComparison.Ordinal)));
    }

    [Fact]
    public void Memory_is_split_on_one_scale_and_missing_energy_is_explained()
    {
        var page = Page(
            Results.Of("mamba", 512, 1) with { Memory = [new MemoryPart("weights", 300e6), new MemoryPart("recurrent", 0)], EnergyUnavailable = "no sensor" },
            Results.Of("gpt", 512, 2) with { Memory = [new MemoryPart("weights", 400e6), new MemoryPart("kv", 200e6)] });
        Assert.Contains("width:50%\" title=\"weights 286 MiB\"", page, StringComparison.Ordinal);
        Assert.Contains("width:33.33%\" title=\"kv 191 MiB\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("recurrent", page, StringComparison.Ordinal);
        Assert.Contains("Joules per token are unavailable: no sensor.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Energy_over_context_has_a_chart_whose_marks_have_no_idle_digits()
    {
        MeasuredResult Measured(int context, double joules) =>
            Results.Of("mamba", context, 1) with { Samples = ImmutableDictionary<Quantity, ImmutableArray<double>>.Empty.Add(Quantity.DecodeEnergy, [joules]) };
        var page = Page(Measured(512, 0.3), Measured(2048, 0.8), Measured(8192, 1.2));
        var chart = XElement.Parse(Svg().Matches(page).Select(match => match.Value).Single(svg => svg.Contains("Decode energy per token over context length", StringComparison.Ordinal)));
        Assert.Equal(["0", "250 mJ", "500 mJ", "750 mJ", "1 J", "1.25 J"], chart.Elements("text").Where(text => (string?)text.Attribute("text-anchor") == "end").Select(text => text.Value));
        Assert.Equal(3, chart.Elements("g").Count());
        Assert.DoesNotContain("are unavailable", page, StringComparison.Ordinal);
    }

    [Fact]
    public void One_result_alone_and_none_make_a_page_too()
    {
        Assert.Contains("nothing to rank", Page(Results.Of("mamba", 1, 1, repeats: 1)), StringComparison.Ordinal);
        Assert.Contains("No run completed", Page(Results.Ended("mamba", 1, "failed")), StringComparison.Ordinal);
        Assert.Contains("There are no results", Page(), StringComparison.Ordinal);
    }

    private static string Page(params MeasuredResult[] results) => HtmlReport.Write(Assert.IsType<Answer.Given>(Answer.Of(results, [])));

    [GeneratedRegex("(src|href)=|url\\(|@import|<script|<link|https?:", RegexOptions.IgnoreCase)]
    private static partial Regex Reference();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
