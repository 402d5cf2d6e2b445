using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures;

/// <summary>The residual stream: a value and perhaps one that is still to be added to it, which the next normalisation does.</summary>
/// <param name="Stream">The stream so far.</param>
/// <param name="Pending">A layer's output that is not added yet; absent where there is none.</param>
internal readonly record struct Residual(GraphValue Stream, GraphValue Pending)
{
    /// <summary>A stream to which everything is added.</summary>
    public static Residual Of(GraphValue stream) => new(stream, GraphValue.Absent);

    /// <summary>The stream with a layer's output to be added.</summary>
    public Residual Plus(GraphValue output) => this with { Pending = Pending.IsPresent ? throw new InvalidOperationException("One addition is pending already.") : output };
}
