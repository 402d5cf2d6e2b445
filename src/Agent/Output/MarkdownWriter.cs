namespace EdgeFleet.Agent.Output;

/// <summary>A GitHub table, with the machine and build below it.</summary>
/// <param name="output">Where to.</param>
/// <param name="details">What is written below.</param>
internal sealed class MarkdownWriter(TextWriter output, Details details) : IRowWriter
{
    private readonly List<BenchRow> rows = [];

    public void Write(BenchRow row)
    {
        if (rows.Count == 0)
        {
            Line(Column.Readable.Select(column => column.Header));
            Line(Column.Readable.Select(column => column.Numeric ? "--:" : "---"));
        }

        rows.Add(row);
        Line(Column.Readable.Select(column => column.Display(row)));
        output.Flush();
    }

    public void Complete()
    {
        if (rows.Count == 0) return;
        output.Write($"\n{EnvironmentLine.Of(rows)}\n");
        foreach (var table in DetailTable.Of(rows, details))
        {
            output.Write($"\n{table.Title}\n\n");
            Line(table.Header);
            Line(table.Header.Select((_, index) => index < table.TextColumns ? "---" : "--:"));
            foreach (var row in table.Rows) Line(row);
        }

        output.Flush();
    }

    private void Line(IEnumerable<string> cells) => output.Write($"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
}
