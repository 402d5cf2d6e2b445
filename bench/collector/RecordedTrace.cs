namespace EdgeFleet.Collector.Bench;

/// <summary>A line of a recording's index: one trace of a run that an agent performed and a collector took in.</summary>
internal sealed record RecordedTrace
{
    /// <summary>Name of its file beside the index.</summary>
    public required string File { get; init; }

    /// <summary>Size of the file: a serialised <see cref="EdgeFleet.Protos.V1.Trace"/> in one zstd frame, as the agent sends it.</summary>
    public required long EncodedBytes { get; init; }

    /// <summary>Size of the serialised trace.</summary>
    public required long DecodedBytes { get; init; }

    /// <summary>Model that was measured.</summary>
    public required string Model { get; init; }

    /// <summary>Prompt tokens.</summary>
    public required uint ContextTokens { get; init; }

    /// <summary>Generated tokens.</summary>
    public required uint DecodeTokens { get; init; }

    /// <summary>Iterations, warm-up ones included.</summary>
    public required int Iterations { get; init; }

    /// <summary>Nodes of the operator profile.</summary>
    public required int Operators { get; init; }

    /// <summary>Readings of all sensors.</summary>
    public required int Samples { get; init; }

    /// <summary>Time between two readings of a sensor, milliseconds.</summary>
    public required double SamplePeriodMs { get; init; }

    /// <summary>The agent's version and the commit that it was built from.</summary>
    public required string Agent { get; init; }
}
