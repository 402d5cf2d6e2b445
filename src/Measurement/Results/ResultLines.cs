using System.Text.Json;
using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Results;

/// <summary>
/// Reads results from JSON Lines: what <c>edgefleet-agent bench --output jsonl</c> writes (a scenario with its repeats) and what
/// <c>edgefleet results export --format jsonl</c> writes (a run). The two may be mixed in one file.
/// </summary>
public static class ResultLines
{
    /// <summary>Longest line that is read, in characters.</summary>
    public const int LongestLine = 64 << 20;

    /// <summary>Reads all lines; empty ones are passed over.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="source">Its name, for errors.</param>
    /// <exception cref="ResultFormatException">A line is no result.</exception>
    public static IEnumerable<MeasuredResult> Read(TextReader reader, string source)
    {
        var number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (Parse(line, source, number) is { } result) yield return result;
        }
    }

    private static MeasuredResult? Parse(string line, string source, int number)
    {
        if (line.Length > LongestLine) throw new ResultFormatException(source, number, $"is longer than {LongestLine} characters");
        try
        {
            using var document = JsonDocument.Parse(line);
            var fields = new ResultFields(document.RootElement);
            return fields.Has("context_tokens") ? ExportedRun.Read(fields)
                : fields.Has("context") ? BenchedScenario.Read(fields)
                : throw new ResultFormatException(
                    source, number, "is neither a line of 'edgefleet-agent bench --output jsonl' nor one of 'edgefleet results export --format jsonl'");
        }
        catch (JsonException exception)
        {
            throw new ResultFormatException(source, number, $"is not JSON: {exception.Message}");
        }
        catch (InvalidDataException exception)
        {
            throw new ResultFormatException(source, number, exception.Message);
        }
    }
}
