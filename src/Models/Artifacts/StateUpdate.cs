namespace EdgeFleet.Models.Artifacts;

/// <summary>How a state's input and output relate.</summary>
public enum StateUpdate
{
    /// <summary>Same shape; one buffer may serve both.</summary>
    InPlace,

    /// <summary>The output is the input with this call's positions appended (foreign decoders without a shared buffer).</summary>
    Append,
}
