namespace EdgeFleet.Measurement.Findings;

/// <summary>Stable reason codes of runs that did not complete.</summary>
public static class RunReasons
{
    /// <summary>Skipped: depth, prompt and generated tokens exceed the table of learned positions.</summary>
    public const string ContextExceedsPositions = "context_exceeds_positions";

    /// <summary>Failed: the worker ended by a signal or without saying how its run ended.</summary>
    public const string WorkerCrashed = "worker_crashed";

    /// <summary>Failed: the worker could not be started or did not connect.</summary>
    public const string WorkerNotStarted = "worker_not_started";

    /// <summary>Failed: a phase took longer than its deadline.</summary>
    public const string PhaseDeadline = "phase_deadline";

    /// <summary>Failed: the worker sent something that breaks the protocol.</summary>
    public const string ProtocolViolation = "protocol_violation";

    /// <summary>Failed: the artifact could not be loaded or does not fit its manifest.</summary>
    public const string ArtifactInvalid = "artifact_invalid";

    /// <summary>Failed: the provider or runtime is not usable.</summary>
    public const string ProviderUnavailable = "provider_unavailable";

    /// <summary>Failed: ONNX Runtime reported an error.</summary>
    public const string RuntimeError = "runtime_error";

    /// <summary>Failed: anything else, with the message.</summary>
    public const string InternalError = "internal_error";

    /// <summary>Out of memory: the kernel killed the worker, or an allocation failed.</summary>
    public const string OutOfMemory = "out_of_memory";

    /// <summary>Cancelled by the user or the agent.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Failed: the agent was stopped or restarted while it performed the run.</summary>
    public const string AgentRestarted = "agent_restarted";

    /// <summary>Failed: the worker ran longer than the run's timeout.</summary>
    public const string Timeout = "timeout";

    /// <summary>Failed: the artifact could not be fetched or built.</summary>
    public const string ArtifactUnavailable = "artifact_unavailable";
}
