using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeFleet.Collector.Bench;

/// <summary>A directory of recorded traces with its index.</summary>
internal static class Recording
{
    private const string IndexName = "index.jsonl";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    /// <summary>Writes the index, the smallest trace first.</summary>
    public static void WriteIndex(string directory, IEnumerable<RecordedTrace> traces) =>
        File.WriteAllLines(Path.Combine(directory, IndexName), traces.OrderBy(t => t.EncodedBytes).Select(t => JsonSerializer.Serialize(t, Json)));

    /// <summary>Reads the index and checks that each trace is there.</summary>
    /// <exception cref="InvalidDataException">The directory is not a recording, or not a whole one.</exception>
    public static IReadOnlyList<RecordedTrace> ReadIndex(string directory)
    {
        var index = Path.Combine(directory, IndexName);
        if (!File.Exists(index)) throw new InvalidDataException($"{directory} holds no recorded traces ({IndexName} is missing): make some with 'record AGENT COLLECTOR {directory}'.");
        var traces = new List<RecordedTrace>();
        foreach (var (line, number) in File.ReadLines(index).Select((line, i) => (line, i + 1)))
        {
            try
            {
                traces.Add(JsonSerializer.Deserialize<RecordedTrace>(line, Json) ?? throw new JsonException("null is no trace"));
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"{index}, line {number}: {error.Message}");
            }

            var (trace, file) = (traces[^1], new FileInfo(Path.Combine(directory, traces[^1].File)));
            if (!file.Exists || file.Length != trace.EncodedBytes) throw new InvalidDataException($"{file.FullName} is missing or has not the {trace.EncodedBytes} bytes that line {number} of {IndexName} says: record anew.");
        }

        return traces.Count > 0 ? traces : throw new InvalidDataException($"{index} is empty: record anew.");
    }
}
