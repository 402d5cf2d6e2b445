namespace EdgeFleet.Agent.Output;

/// <summary>A GitHub table, with the machine and build below it.</summary>
internal sealed class MarkdownWriter(TextWriter output) : IRowWriter
{
    private BenchRow? last;

    public void Write(BenchRow row)
    {
        if (last is null)
        {
            Line(Column.Readable.Select(column => column.Header));
            Line(Column.Readable.Select(column => column.Numeric ? "--:" : "---"));
        }

        last = row;
        Line(Column.Readable.Select(column => column.Display(row).Replace("|", "\\|", StringComparison.Ordinal)));
        output.Flush();
    }

    public void Complete()
    {
        if (last is null) return;
        output.Write($"\n{EnvironmentLine.Of(last)}\n");
        output.Flush();
    }

    private void Line(IEnumerable<string> cells) => output.Write($"| {string.Join(" | ", cells)} |\n");
}
