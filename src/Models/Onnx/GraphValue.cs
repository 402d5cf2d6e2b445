namespace EdgeFleet.Models.Onnx;

/// <summary>A tensor in a graph under construction. <see cref="Absent"/> stands for an optional input that is not given.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Type">Element type.</param>
internal readonly record struct GraphValue(string Name, OnnxElementType Type)
{
    /// <summary>An optional input that is not given.</summary>
    public static GraphValue Absent => new("", OnnxElementType.None);

    /// <summary>Whether the value is given.</summary>
    public bool IsPresent => Name.Length > 0;
}
