using System.Collections.Immutable;
using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Tests.Answers;

/// <summary>Results to compare.</summary>
internal static class Results
{
    public static readonly ImmutableSortedDictionary<string, string> Conditions = ImmutableSortedDictionary<string, string>.Empty
        .Add("definitions_version", "1").Add("cpu_model", "Test CPU").Add("conditions_fingerprint", "f1").Add("device_id", "d1");

    public static readonly Setting Setting = new(0, 64, 1, 0, 2, "last");

    public static MeasuredResult Of(string model, int context, double ttft, int repeats = 8, double spread = 0.002) => new()
    {
        Candidate = Candidate(model),
        Setting = Setting,
        Context = context,
        Outcome = "completed",
        Samples = ImmutableDictionary<Quantity, ImmutableArray<double>>.Empty.Add(
            Quantity.TimeToFirstToken, [.. Enumerable.Range(0, repeats).Select(i => ttft * (1 + (spread * (i - (repeats / 2.0)) / repeats)))]),
        Conditions = Conditions,
    };

    public static MeasuredResult Ended(string model, int context, string outcome) => Of(model, context, 1) with
    {
        Outcome = outcome, Reason = outcome, Samples = ImmutableDictionary<Quantity, ImmutableArray<double>>.Empty,
    };

    public static Candidate Candidate(string model) => new(model, model.StartsWith("mamba", StringComparison.Ordinal) ? "ssm" : "transformer", "fp32", "cpu", "random", "bundled");
}
