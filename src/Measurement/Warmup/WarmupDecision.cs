namespace EdgeFleet.Measurement.Warmup;

/// <summary>What <see cref="WarmupPolicy.Decide"/> found.</summary>
public enum WarmupDecision
{
    /// <summary>Not known to be warm: iterate again.</summary>
    Continue,

    /// <summary>No falling trend is left.</summary>
    Flat,

    /// <summary>A bound ended the warm-up before flatness could be shown; the result carries the finding <c>warmup_not_flat</c>.</summary>
    Bounded,
}
