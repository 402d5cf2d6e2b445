namespace EdgeFleet.Measurement.Findings;

/// <summary>Stable codes of findings and of reasons (docs/measurement.md, findings). A code is never given another meaning.</summary>
public static class FindingCodes
{
    /// <summary>Rotary positions beyond the length that the model was trained for.</summary>
    public const string BeyondTrainedContext = "beyond_trained_context";

    /// <summary>A bound ended warm-up before the times were flat.</summary>
    public const string WarmupNotFlat = "warmup_not_flat";

    /// <summary>Weights are seeded random numbers: speed and memory hold, text does not.</summary>
    public const string RandomWeights = "random_weights";

    /// <summary>Iterations of one run generated different tokens from the same prompt.</summary>
    public const string TokensDiffer = "tokens_differ";

    /// <summary>The clock policy is not known to be pinned.</summary>
    public const string ClocksNotPinned = "clocks_not_pinned";

    /// <summary>Timed iterations of one run differ by more than a tenth between quartiles.</summary>
    public const string NoisyIterations = "noisy_iterations";

    /// <summary>No roofline: the probe is missing.</summary>
    public const string RooflineUnavailable = "roofline_unavailable";

    /// <summary>MBU is above 1 by more than a measurement's error: the probe was disturbed.</summary>
    public const string AboveProbedBandwidth = "above_probed_bandwidth";

    /// <summary>Decode steps on a GPU ran without a CUDA graph; the message says why.</summary>
    public const string DecodeNotCaptured = "decode_not_captured";

    /// <summary>Samples were thinned to keep the trace within its bound.</summary>
    public const string TraceThinned = "trace_thinned";
}
