using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Results;

/// <summary>Exports as text.</summary>
internal static class TextExport
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Comma-separated values (RFC 4180) with a head; what was not measured is empty.</summary>
    public static async Task CsvAsync(IEnumerable<Run> runs, Stream stream)
    {
        await using var writer = new StreamWriter(stream, Utf8, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', ResultColumns.All.Select(c => c.Name)));
        foreach (var run in runs) await writer.WriteLineAsync(string.Join(',', ResultColumns.All.Select(c => Quote(Convert.ToString(c.Value(run), CultureInfo.InvariantCulture) ?? ""))));
    }

    /// <summary>One JSON object per line; what was not measured is null.</summary>
    public static async Task JsonLinesAsync(IEnumerable<Run> runs, Stream stream)
    {
        foreach (var run in runs)
        {
            await using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                foreach (var column in ResultColumns.All)
                {
                    switch (column.Value(run))
                    {
                        case string text: json.WriteString(column.Name, text); break;
                        case long number: json.WriteNumber(column.Name, number); break;
                        case double number: json.WriteNumber(column.Name, number); break;
                        default: json.WriteNull(column.Name); break;
                    }
                }

                json.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
        }
    }

    private static string Quote(string text) => text.AsSpan().IndexOfAny("\",\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
