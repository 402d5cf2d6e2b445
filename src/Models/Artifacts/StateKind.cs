namespace EdgeFleet.Models.Artifacts;

/// <summary>Kinds of state that a decoder carries between calls.</summary>
public enum StateKind
{
    /// <summary>Keys or values of attention, growing with the context.</summary>
    Kv,

    /// <summary>State of an SSM recurrence, of fixed size, float32.</summary>
    Recurrent,

    /// <summary>Window of a causal convolution, of fixed size.</summary>
    Convolution,
}
