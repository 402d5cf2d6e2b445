using System.Buffers;

namespace EdgeFleet.Agent.Output;

/// <summary>Comma-separated values of RFC 4180 with a header and all columns.</summary>
internal sealed class CsvWriter(TextWriter output) : IRowWriter
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");
    private bool header;

    public void Write(BenchRow row)
    {
        if (!header) Line(Column.All.Select(column => column.Name));
        header = true;
        Line(Column.All.Select(column => column.Exact(row)));
        output.Flush();
    }

    public void Complete() => output.Flush();

    private void Line(IEnumerable<string> cells)
    {
        output.Write(string.Join(',', cells.Select(Quote)));
        output.Write("\r\n");
    }

    private static string Quote(string cell) =>
        cell.AsSpan().ContainsAny(Quoted) ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
