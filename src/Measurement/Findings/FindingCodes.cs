using System.Collections.Immutable;

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

    /// <summary>A bound ended the timed iterations before the interval of their mean was narrow.</summary>
    public const string IntervalWide = "interval_wide";

    /// <summary>No roofline: the probe is missing.</summary>
    public const string RooflineUnavailable = "roofline_unavailable";

    /// <summary>MBU is above 1 by more than a measurement's error: the probe was disturbed.</summary>
    public const string AboveProbedBandwidth = "above_probed_bandwidth";

    /// <summary>Decode steps on a GPU ran without a CUDA graph; the message says why.</summary>
    public const string DecodeNotCaptured = "decode_not_captured";

    /// <summary>Operators were to be profiled and could not be; the message says why.</summary>
    public const string ProfileUnavailable = "profile_unavailable";

    /// <summary>The scenario's provider could not be used and the scenario allowed another; the message says which ran and why.</summary>
    public const string ProviderFallback = "provider_fallback";

    /// <summary>Samples were thinned to keep the trace within its bound.</summary>
    public const string TraceThinned = "trace_thinned";

    /// <summary>Timed iterations still fell or rose.</summary>
    public const string TrendLeft = "trend_left";

    /// <summary>Times between tokens fall into two groups.</summary>
    public const string Multimodal = "multimodal";

    /// <summary>Some times between tokens are far out.</summary>
    public const string Outliers = "outliers";

    /// <summary>Too little was timed.</summary>
    public const string TooShort = "too_short";

    /// <summary>The processor or GPU was throttled while it was timed.</summary>
    public const string Throttled = "throttled";

    /// <summary>The noise reference around the run varied or shifted.</summary>
    public const string MachineNoisy = "machine_noisy";

    /// <summary>Iterations varied more than the noise reference around the run.</summary>
    public const string NoisierThanMachine = "noisier_than_machine";

    /// <summary>Other processes used the machine before or during the run.</summary>
    public const string OtherLoad = "other_load";

    /// <summary>The run had more threads than processors.</summary>
    public const string ThreadsExceedProcessors = "threads_exceed_processors";

    /// <summary>Something else used the GPU before the run.</summary>
    public const string GpuBusy = "gpu_busy";

    /// <summary>The machine ran on its battery.</summary>
    public const string OnBattery = "on_battery";

    /// <summary>The memory that was free before the run is less than the model and its state need.</summary>
    public const string LittleMemory = "little_memory";

    /// <summary>Little disk space was free.</summary>
    public const string LittleDisk = "little_disk";

    /// <summary>Swap space was in use.</summary>
    public const string SwapInUse = "swap_in_use";

    /// <summary>A longer context completed than one that did not.</summary>
    public const string NonMonotoneFrontier = "non_monotone_frontier";

    /// <summary>Findings invalidated earlier performances of the same run; the message says which.</summary>
    public const string RunRepeated = "run_repeated";

    /// <summary>Every code.</summary>
    public static ImmutableSortedSet<string> All { get; } = ImmutableSortedSet.Create(
        StringComparer.Ordinal,
        BeyondTrainedContext, WarmupNotFlat, RandomWeights, TokensDiffer, ClocksNotPinned, NoisyIterations, IntervalWide, RooflineUnavailable, AboveProbedBandwidth, DecodeNotCaptured,
        ProfileUnavailable, ProviderFallback, TraceThinned, TrendLeft, Multimodal, Outliers, TooShort, Throttled, MachineNoisy, NoisierThanMachine, OtherLoad, ThreadsExceedProcessors, GpuBusy, OnBattery, LittleMemory,
        LittleDisk, SwapInUse, NonMonotoneFrontier, RunRepeated);
}
