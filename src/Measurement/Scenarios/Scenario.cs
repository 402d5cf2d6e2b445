namespace EdgeFleet.Measurement.Scenarios;

/// <summary>One fully specified measurement (docs/measurement.md, scenario). Results of equal scenarios on like devices are comparable.</summary>
public sealed record Scenario
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary><c>transformer</c>, <c>ssm</c> or <c>hybrid</c>.</summary>
    public required string Family { get; init; }

    /// <summary>SHA-256 of the artifact's canonical manifest, lower-case hex.</summary>
    public required string ArtifactId { get; init; }

    /// <summary>Id of the runtime pack.</summary>
    public required string RuntimePackId { get; init; }

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>tensorrt</c>.</summary>
    public required string Provider { get; init; }

    /// <summary><c>fp32</c>, <c>fp16</c>, <c>bf16</c> or <c>int4</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>Prompt tokens.</summary>
    public required int ContextTokens { get; init; }

    /// <summary>Generated tokens; 0 measures prefill only.</summary>
    public required int DecodeTokens { get; init; }

    /// <summary>Sequences that run in step.</summary>
    public required int Batch { get; init; }

    /// <summary>Tokens already in the state before the prompt.</summary>
    public required int DepthTokens { get; init; }

    /// <summary>Longest piece of a prefill; 0 for one piece.</summary>
    public required int PrefillChunkTokens { get; init; }

    /// <summary>Intra-operator threads.</summary>
    public required int Threads { get; init; }

    /// <summary><c>last</c> or <c>all</c>: positions of the prompt that get logits.</summary>
    public required string Logits { get; init; }

    /// <summary>Power mode that the device must be in; empty for any.</summary>
    public required string PowerMode { get; init; }

    /// <summary><c>random</c>, <c>checkpoint</c> or <c>foreign</c>.</summary>
    public required string Weights { get; init; }

    /// <summary>Whether a provider that cannot be used may be replaced; the result then says so.</summary>
    /// <value>False.</value>
    public bool AllowProviderFallback { get; init; }

    /// <summary>Memory of the GPU that the run may use, bytes.</summary>
    /// <value>0: all of it.</value>
    public long DeviceMemoryLimitBytes { get; init; }

    /// <summary>Longest sequence that a run holds: depth, prompt and all generated tokens but the last, which is never fed back.</summary>
    public long TotalTokens => (long)DepthTokens + ContextTokens + Math.Max(0, DecodeTokens - 1);
}
