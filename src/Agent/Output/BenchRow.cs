namespace EdgeFleet.Agent.Output;

/// <summary>The result of one scenario: what every output format writes. Times in milliseconds, sizes in bytes.</summary>
internal sealed record BenchRow
{
    /// <summary>Version of docs/measurement.md.</summary>
    public required int DefinitionsVersion { get; init; }

    public required string Model { get; init; }

    public required string Family { get; init; }

    public required string Precision { get; init; }

    /// <summary>What the precision resolved to: weights / activations / state.</summary>
    public required string ResolvedPrecision { get; init; }

    public required string Provider { get; init; }

    public required int Threads { get; init; }

    public required int Context { get; init; }

    public required int Depth { get; init; }

    public required int Decode { get; init; }

    public required int Batch { get; init; }

    public required int Chunk { get; init; }

    /// <summary>Positions of the prompt that got logits: <c>last</c> or <c>all</c>.</summary>
    public required string Logits { get; init; }

    public required string RuntimePackId { get; init; }

    /// <summary><c>random</c>, <c>checkpoint</c> or <c>foreign</c>.</summary>
    public required string Weights { get; init; }

    /// <summary><c>completed</c>, <c>failed</c>, <c>out_of_memory</c>, <c>skipped</c> or <c>cancelled</c>: the worst of the repeats.</summary>
    public required string Outcome { get; init; }

    public required string Reason { get; init; }

    public required string Message { get; init; }

    public MetricRow? TtftMilliseconds { get; init; }

    public MetricRow? TpotMilliseconds { get; init; }

    /// <summary>From the median TTFT.</summary>
    public double? PrefillTokensPerSecond { get; init; }

    /// <summary>From the median TPOT.</summary>
    public double? DecodeTokensPerSecond { get; init; }

    public MemoryRow? Memory { get; init; }

    /// <summary>State at the end of the scenario, computed from the manifest.</summary>
    public long StateBytes { get; init; }

    public long KvBytes { get; init; }

    public long RecurrentBytes { get; init; }

    public long ConvolutionBytes { get; init; }

    public double? Mbu { get; init; }

    public double? Mfu { get; init; }

    /// <summary>Probed limits that MBU and MFU are shares of.</summary>
    public double? MemoryBytesPerSecond { get; init; }

    public double? MatrixFlopPerSecond { get; init; }

    /// <summary>Multiply-adds on registers alone: what no matrix product can exceed.</summary>
    public double? FmaFlopPerSecond { get; init; }

    public IReadOnlyList<OperatorShareRow> Operators { get; init; } = [];

    /// <summary>The same by operator type; none is left out.</summary>
    public IReadOnlyList<OperatorTypeRow> OperatorTypes { get; init; } = [];

    /// <summary>GPU time of the profiling pass; none on a CPU.</summary>
    public IReadOnlyList<DeviceTimeRow> DeviceTimes { get; init; } = [];

    /// <summary>The profiling pass by phase: what it cost, and what is outside of the operators.</summary>
    public IReadOnlyList<ProfiledPhaseRow> ProfiledPhases { get; init; } = [];

    /// <summary>Number of layers by operator route.</summary>
    public IReadOnlyDictionary<string, uint> Routes { get; init; } = new Dictionary<string, uint>();

    /// <summary>Codes of docs/measurement.md.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    public string? ArtifactId { get; init; }

    public string? ScenarioHash { get; init; }

    public IReadOnlyList<RunRow> Runs { get; init; } = [];

    /// <summary>Machine and build.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
