namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>Reads rows of a checkpoint's tensors as float32. Reading is thread-safe.</summary>
internal interface IRowReader
{
    /// <summary>Reads consecutive rows of a tensor.</summary>
    /// <param name="tensor">Name of the tensor as the architecture declares it.</param>
    /// <param name="firstRow">First row, from 0.</param>
    /// <param name="destination">A whole number of rows.</param>
    void ReadRows(string tensor, long firstRow, Span<float> destination);
}
