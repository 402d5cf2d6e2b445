using System.Collections.Immutable;

namespace EdgeFleet.Measurement.Answers;

/// <summary>What is known of a candidate at one context length in one setting: one sample per completed repeat.</summary>
public sealed record MeasuredResult
{
    /// <summary>What was measured.</summary>
    public required Candidate Candidate { get; init; }

    /// <summary>How.</summary>
    public required Setting Setting { get; init; }

    /// <summary>Prompt tokens.</summary>
    public required int Context { get; init; }

    /// <summary>Worst outcome of the repeats: <c>completed</c>, <c>skipped</c>, <c>cancelled</c>, <c>failed</c> or <c>out_of_memory</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Reason code of that outcome; empty where it completed.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Samples in base units, one per completed and valid repeat; a quantity that was not measured is absent.</summary>
    public ImmutableDictionary<Quantity, ImmutableArray<double>> Samples { get; init; } = ImmutableDictionary<Quantity, ImmutableArray<double>>.Empty;

    /// <summary>Repeats that a finding invalidated; their samples are not in <see cref="Samples"/>.</summary>
    public int InvalidRepeats { get; init; }

    /// <summary>Operator classes of the profiled pass; empty where there was none.</summary>
    public ImmutableArray<ClassShare> Shares { get; init; } = [];

    /// <summary>Peak memory by part; empty where it was not split.</summary>
    public ImmutableArray<MemoryPart> Memory { get; init; } = [];

    /// <summary>Why there is no energy; empty where there is some, or where nothing is said of it.</summary>
    public string EnergyUnavailable { get; init; } = "";

    /// <summary>What the samples are bound to and must agree on to be compared: hardware, clocks, power mode, definitions version...</summary>
    public required ImmutableSortedDictionary<string, string> Conditions { get; init; }

    /// <summary>Codes of findings.</summary>
    public ImmutableArray<string> Findings { get; init; } = [];

    /// <summary>Samples of a quantity; empty where it was not measured.</summary>
    public ImmutableArray<double> Of(Quantity quantity) => Samples.GetValueOrDefault(quantity, []);
}
