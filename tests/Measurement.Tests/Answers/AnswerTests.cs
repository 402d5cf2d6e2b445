using System.Collections.Immutable;
using System.Text.Json;
using EdgeFleet.Measurement.Answers;
using EdgeFleet.Measurement.Comparisons;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Answers;

public sealed class AnswerTests
{
    [Fact]
    public void Candidates_are_ranked_per_context_with_the_certainty_of_their_order()
    {
        var section = Section([Results.Of("gpt", 512, 1), Results.Of("mamba", 512, 2), Results.Of("other", 512, 1.001), Results.Of("few", 512, 3, repeats: 3)]);
        var ranking = Assert.Single(section.Rankings);
        Assert.Equal(["gpt", "other", "mamba", "few"], ranking.Places.Select(place => place.Candidate.Model));
        Assert.Equal([null, Verdict.Same, Verdict.Slower, Verdict.Inconclusive], ranking.Places.Select(place => place.AgainstBest));
        Assert.Equal(2, ranking.Places[2].OverBest, 0.01);
    }

    [Fact]
    public void The_answer_in_short_says_who_is_best_from_where_to_where()
    {
        var section = Section(
        [
            Results.Of("gpt", 256, 1), Results.Of("mamba", 256, 2), Results.Of("gpt", 512, 2), Results.Of("mamba", 512, 2.001),
            Results.Of("gpt", 1024, 4), Results.Of("mamba", 1024, 2), Results.Of("gpt", 2048, 8), Results.Of("mamba", 2048, 2),
        ]);
        Assert.Equal(["Time to first token: gpt up to 512 tokens (not certain at 512), mamba from 1024 tokens on."], AnswerText.Leads(section));
        Assert.Equal(["Time to first token: mamba at every context."], AnswerText.Leads(Section([Results.Of("gpt", 256, 2), Results.Of("mamba", 256, 1)])));
        Assert.Empty(AnswerText.Leads(Section([Results.Of("gpt", 256, 1)])));

        // Where nothing is certain, no list of contexts says more.
        Assert.Equal(
            ["Time to first token: mamba at every context (not certain)."],
            AnswerText.Leads(Section([.. ((int[])[256, 512]).SelectMany(n => (MeasuredResult[])[Results.Of("gpt", n, 2, repeats: 1), Results.Of("mamba", n, 1, repeats: 1)])])));
    }

    [Fact]
    public void A_crossover_is_found_between_the_candidates_that_cross()
    {
        // 10 n against n^2 / 100 meet at n = 1000.
        int[] contexts = [100, 500, 2000, 8000];
        var section = Section([.. contexts.SelectMany(n => (MeasuredResult[])[Results.Of("mamba", n, 10.0 * n), Results.Of("gpt", n, n * (double)n / 100)])]);
        var found = Assert.Single(section.Crossovers);
        Assert.Equal(("mamba", "gpt"), (found.Winner.Model, found.Loser.Model));
        Assert.Equal(1000, found.Crossover.Context, 10.0);
        Assert.True(found.Crossover.Confidence95!.Value.Contains(found.Crossover.Context));
        Assert.Contains("mamba falls below gpt in TTFT at about", AnswerText.Sentence(section, found), StringComparison.Ordinal);
    }

    [Fact]
    public void Curves_that_lie_on_each_other_do_not_cross()
    {
        int[] contexts = [100, 500, 2000, 8000];
        var section = Section([.. contexts.SelectMany((n, i) => (MeasuredResult[])[Results.Of("mamba", n, i % 2 == 0 ? 1 : 1.0001, spread: 0.1), Results.Of("gpt", n, 1, spread: 0.1)])]);
        Assert.Empty(section.Crossovers);
    }

    [Fact]
    public void The_frontier_lies_between_what_completed_and_what_did_not()
    {
        var section = Section([Results.Of("gpt", 1024, 1), Results.Of("gpt", 4096, 1), Results.Ended("gpt", 8192, "out_of_memory"), Results.Ended("lost", 1024, "failed")]);
        Assert.Equal([(4096, 8192), (null, 1024)], section.Reaches.Select(reach => (reach.Longest, reach.FirstEnd)));
        Assert.Equal("gpt: 4096 tokens completed, 8192 tokens ended out_of_memory.", AnswerText.Sentence(section, section.Reaches[0]));
    }

    [Fact]
    public void An_interrupted_run_says_nothing_of_how_long_a_context_fits()
    {
        var section = Section([Results.Of("gpt", 1024, 1), Results.Ended("gpt", 4096, "cancelled")]);
        Assert.Equal((1024, null), (section.Reaches[0].Longest, section.Reaches[0].FirstEnd));
    }

    [Fact]
    public void What_all_results_share_is_told_though_the_first_could_not_be_measured()
    {
        var unmade = Results.Ended("broken", 512, "failed") with { Conditions = ImmutableSortedDictionary<string, string>.Empty.Add("definitions_version", "1") };
        var given = Assert.IsType<Answer.Given>(Answer.Of([unmade, Results.Of("mamba", 512, 1)], []));
        Assert.Equal("Test CPU", given.Conditions["cpu_model"]);
    }

    [Fact]
    public void A_processor_is_compared_with_a_GPU_of_the_same_machine()
    {
        var gpu = Results.Of("gpt", 512, 1) with
        {
            Candidate = Results.Candidate("gpt") with { Provider = "cuda" },
            Conditions = Results.Conditions.SetItem("conditions_fingerprint", "f2").Add("gpu_model", "Test GPU"),
        };
        MeasuredResult WithMemory(MeasuredResult result) => result with { Samples = result.Samples.Add(Quantity.PeakMemory, [1e9]) };
        var section = Section([WithMemory(gpu), WithMemory(Results.Of("gpt", 512, 2))]);
        Assert.Equal([Quantity.TimeToFirstToken], section.Rankings.Select(ranking => ranking.Quantity));

        // Of another machine it is not, nor where only fingerprints tell.
        var other = Results.Of("gpt", 512, 2) with { Conditions = Results.Conditions.SetItem("cpu_model", "Other CPU") };
        Assert.Equal(["cpu_model"], Assert.IsType<Answer.Refused>(Answer.Of([gpu, other], [])).Differences.Select(difference => difference.Name));
        var exported = Results.Of("gpt", 512, 2) with { Conditions = Results.Conditions.Remove("cpu_model") };
        Assert.Equal(["conditions_fingerprint"], Assert.IsType<Answer.Refused>(Answer.Of([gpu with { Conditions = gpu.Conditions.Remove("cpu_model").Remove("gpu_model") }, exported], [])).Differences.Select(difference => difference.Name));
    }

    [Fact]
    public void Unlike_conditions_are_refused_and_each_is_named_with_its_values()
    {
        var hot = Results.Of("gpt", 512, 1) with { Conditions = Results.Conditions.SetItem("power_mode", "15W").SetItem("conditions_fingerprint", "f2") };
        var refused = Assert.IsType<Answer.Refused>(Answer.Of([hot, Results.Of("mamba", 512, 1), Results.Of("mamba", 1024, 1)], []));

        // The fingerprint differs too, but the power mode says why.
        var difference = Assert.Single(refused.Differences);
        Assert.Equal("power_mode: '15W' (1 results), 'not recorded' (2 results)", difference.ToString());
        Assert.Contains(AnswerText.Lines(refused), line => line.Contains("power_mode: '15W'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_condition_that_may_differ_is_ignored_and_named()
    {
        var other = Results.Of("gpt", 512, 1) with { Conditions = Results.Conditions.SetItem("device_id", "d2") };
        var given = Assert.IsType<Answer.Given>(Answer.Of([other, Results.Of("mamba", 512, 1)], ["device_id"]));
        Assert.Equal(["device_id"], given.Ignored.Select(difference => difference.Name));
        Assert.DoesNotContain("device_id", given.Conditions.Keys);
    }

    [Fact]
    public void A_shared_fingerprint_stands_for_details_that_an_export_lacks()
    {
        var exported = Results.Of("gpt", 512, 1) with { Conditions = Results.Conditions.Remove("cpu_model") };
        Assert.IsType<Answer.Given>(Answer.Of([exported, Results.Of("mamba", 512, 1)], []));
    }

    [Fact]
    public void Settings_are_answered_apart_and_never_mixed()
    {
        var batched = Results.Of("gpt", 512, 1) with { Setting = Results.Setting with { Batch = 4 } };
        var given = Assert.IsType<Answer.Given>(Answer.Of([batched, Results.Of("mamba", 512, 1)], []));
        Assert.Equal([1, 4], given.Sections.Select(section => section.Setting.Batch));
        Assert.All(given.Sections, section => Assert.Single(section.Candidates));
        Assert.Contains(AnswerText.Lines(given), line => line.Contains("nothing to rank", StringComparison.Ordinal));
    }

    [Fact]
    public void Repeats_from_several_files_are_pooled_and_the_worst_outcome_stays()
    {
        var section = Section([Results.Of("gpt", 512, 1, repeats: 3), Results.Of("gpt", 512, 1, repeats: 4), Results.Ended("gpt", 512, "out_of_memory")]);
        var result = Assert.Single(section.Results);
        Assert.Equal(7, result.Of(Quantity.TimeToFirstToken).Length);
        Assert.Equal("out_of_memory", result.Outcome);
    }

    [Fact]
    public void A_label_says_what_tells_candidates_apart_and_no_more()
    {
        var gpt = Results.Candidate("gpt");
        Assert.Equal("gpt", gpt.Label([gpt, Results.Candidate("mamba")]));
        Assert.Equal("gpt fp32", gpt.Label([gpt, gpt with { Precision = "int4" }]));
        Assert.Equal("gpt cpu (random weights)", gpt.Label([gpt, gpt with { Provider = "cuda", Weights = "checkpoint" }]));
    }

    [Fact]
    public void The_answer_for_programs_is_json_with_base_units()
    {
        var json = JsonDocument.Parse(AnswerJson.Write(Answer.Of([Results.Of("gpt", 512, 0.25), Results.Of("mamba", 512, 0.5)], []))).RootElement;
        var place = json.GetProperty("sections")[0].GetProperty("rankings")[0].GetProperty("places")[1];
        Assert.Equal("mamba", place.GetProperty("candidate").GetString());
        Assert.Equal(0.5, place.GetProperty("median").GetDouble(), 0.001);
        Assert.Equal("clear", place.GetProperty("order").GetString());
    }

    [Theory]
    [InlineData(Quantity.TimeToFirstToken, 0.01234, "12.3 ms")]
    [InlineData(Quantity.TimeToFirstToken, 123.4, "123 s")]
    [InlineData(Quantity.TimePerOutputToken, 0.00012, "120 µs")]
    [InlineData(Quantity.PeakMemory, 1610612736, "1.50 GiB")]
    [InlineData(Quantity.DecodeEnergy, 0.5, "500 mJ")]
    public void Values_are_written_with_three_digits_and_a_unit(Quantity quantity, double value, string expected) => Assert.Equal(expected, quantity.Format(value));

    private static AnswerSection Section(MeasuredResult[] results) => Assert.Single(Assert.IsType<Answer.Given>(Answer.Of(results, [])).Sections);
}
