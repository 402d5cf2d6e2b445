namespace EdgeFleet.Agent.Output;

/// <summary>Raw samples of one repeat.</summary>
internal sealed record RunRow
{
    public required string RunId { get; init; }

    public required int Repeat { get; init; }

    public required string Outcome { get; init; }

    public required string Reason { get; init; }

    public required string Message { get; init; }

    /// <summary>From process start to session ready.</summary>
    public required double? LoadMilliseconds { get; init; }

    /// <summary>Second load within the run; null where it was left out.</summary>
    public required double? WarmLoadMilliseconds { get; init; }

    /// <summary>Coefficient of variation of all rounds of the noise reference around the run; null where it did not run.</summary>
    public required double? ReferenceVariation { get; init; }

    /// <summary>The noise reference in full; null where it did not run.</summary>
    public required NoiseRow? Noise { get; init; }

    /// <summary>How regularly the sensors were read; null where none was.</summary>
    public required SamplerRow? Sampler { get; init; }

    /// <summary>Energy per phase, or why there is none.</summary>
    public required IReadOnlyList<EnergyRow> Energy { get; init; }

    /// <summary>Codes of this run's findings.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    public required int WarmupIterations { get; init; }

    /// <summary>TTFT of each timed iteration in nanoseconds.</summary>
    public required IReadOnlyList<long> TtftNanoseconds { get; init; }

    /// <summary>TPOT of each timed iteration in nanoseconds; empty where it is undefined.</summary>
    public required IReadOnlyList<double> TpotNanoseconds { get; init; }

    /// <summary>High-water mark of the memory pass; null where it was not measured.</summary>
    public required double? PeakBytes { get; init; }

    /// <summary>Gross energy of a whole prefill; null where it is unavailable.</summary>
    public required double? PrefillJoules { get; init; }

    /// <summary>Gross energy of a whole decode; null where it is unavailable.</summary>
    public required double? DecodeJoules { get; init; }

    /// <summary>Codes of the findings that make this run count in no statistic; empty for a valid one.</summary>
    public required string InvalidatedBy { get; init; }

    /// <summary>Hash of the generated ids of the first timed iteration, hexadecimal.</summary>
    public required string? TokenHash { get; init; }
}
