namespace EdgeFleet.Models.Onnx;

/// <summary>A dimension of a graph input or output: a size, or a name that stands for one.</summary>
/// <param name="Size">The size; null where <paramref name="Symbol"/> stands for it.</param>
/// <param name="Symbol">The name; null where the size is fixed.</param>
internal readonly record struct Dimension(long? Size, string? Symbol)
{
    public static implicit operator Dimension(long size) => new(size, null);

    public static implicit operator Dimension(string symbol) => new(null, symbol);
}
