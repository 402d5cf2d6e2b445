namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>What is done to each element of a tensor on its way into the graph.</summary>
internal enum ElementTransform
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary><c>-exp(x)</c>: checkpoints store the decay of a recurrence as <c>A_log</c>, operators take <c>A</c>.</summary>
    NegativeExponential,
}
