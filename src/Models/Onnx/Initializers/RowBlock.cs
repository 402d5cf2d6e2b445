namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>Consecutive rows of a checkpoint's tensor, scaled; or rows of zeros.</summary>
/// <param name="Tensor">Name of the tensor; null for zeros.</param>
/// <param name="FirstRow">First row in the tensor.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Scale">Factor of every element.</param>
internal readonly record struct RowBlock(string? Tensor, long FirstRow, long Rows, float Scale);
