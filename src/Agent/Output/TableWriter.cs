using Spectre.Console;

namespace EdgeFleet.Agent.Output;

/// <summary>A table for a terminal; plain aligned text where the output is not one.</summary>
internal sealed class TableWriter(TextWriter output, bool interactive) : IRowWriter
{
    private readonly List<BenchRow> rows = [];

    public void Write(BenchRow row) => rows.Add(row);

    public void Complete()
    {
        if (rows.Count == 0) return;

        // A column that says nothing in any row only takes room.
        Column[] columns = [.. Column.Readable.Where(column => rows.Any(row => column.Display(row) is not ("" or "-")))];
        if (interactive) WriteInteractive(columns);
        else WritePlain(columns);
        output.WriteLine(EnvironmentLine.Of(rows[^1]));
        foreach (var row in rows.Where(row => row.Outcome != "completed"))
        {
            output.WriteLine($"{row.Model} {row.Precision} context {row.Context}: {row.Outcome} ({row.Reason}): {row.Message}");
        }

        output.Flush();
    }

    private void WriteInteractive(Column[] columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            var heading = new TableColumn(new Text(column.Header)) { NoWrap = true };
            table.AddColumn(column.Numeric ? heading.RightAligned() : heading);
        }

        foreach (var row in rows) table.AddRow(columns.Select(column => new Text(column.Display(row))));
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private void WritePlain(Column[] columns)
    {
        int[] widths = [.. columns.Select(column => Math.Max(column.Header.Length, rows.Max(row => column.Display(row).Length)))];
        void Line(Func<Column, string> cell)
        {
            var cells = columns.Select((column, i) => column.Numeric ? cell(column).PadLeft(widths[i]) : cell(column).PadRight(widths[i]));
            output.WriteLine(string.Join("  ", cells).TrimEnd());
        }

        Line(column => column.Header);
        foreach (var row in rows) Line(column => column.Display(row));
    }
}
