namespace EdgeFleet.Measurement.Axes;

/// <summary>The text of an axis does not follow the grammar of <see cref="Axis"/>.</summary>
public sealed class AxisFormatException : FormatException
{
    internal AxisFormatException(string axis, string text, int position, string problem)
        : base($"--{axis} '{text}', position {position + 1}: {problem}")
    {
        Axis = axis;
        Position = position;
    }

    /// <summary>Name of the axis, e.g. <c>context</c>.</summary>
    public string Axis { get; }

    /// <summary>Index of the first character that could not be read.</summary>
    public int Position { get; }
}
