namespace EdgeFleet.Measurement.Results;

/// <summary>A line of results cannot be read.</summary>
public sealed class ResultFormatException : FormatException
{
    internal ResultFormatException(string source, int line, string problem)
        : base($"{source}, line {line}: {problem}")
    {
    }
}
