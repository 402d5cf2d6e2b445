using Spectre.Console;

namespace EdgeFleet.Agent.Output;

/// <summary>A table for a terminal; plain aligned text where the output is not one.</summary>
/// <param name="output">Where to.</param>
/// <param name="interactive">Whether that is a terminal.</param>
/// <param name="details">What is written below.</param>
internal sealed class TableWriter(TextWriter output, bool interactive, Details details) : IRowWriter
{
    private const int CellFrame = 3;
    private readonly List<BenchRow> rows = [];

    public void Write(BenchRow row) => rows.Add(row);

    public void Complete()
    {
        if (rows.Count == 0) return;

        // A column that says nothing in any row only takes room.
        Column[] columns = [.. Column.Readable.Where(column => rows.Any(row => column.Display(row) is not ("" or "-")))];
        if (!interactive || !WriteInteractive(columns)) WritePlain(columns);
        output.WriteLine(EnvironmentLine.Of(rows));
        foreach (var note in TableNotes.Of(rows)) output.WriteLine(note);
        foreach (var row in rows.Where(row => row.Outcome != "completed"))
        {
            var at = $"context {row.Context}" + (row.Depth > 0 ? $" depth {row.Depth}" : "") + (row.Batch > 1 ? $" batch {row.Batch}" : "");
            output.WriteLine($"{row.Model} {row.Precision} {at}: {row.Outcome} ({row.Reason}): {row.Message}");
        }

        foreach (var table in DetailTable.Of(rows, details))
        {
            output.WriteLine();
            output.WriteLine(table.Title);
            PlainTable.Write(output, table.Header, table.Rows, [.. Enumerable.Range(0, table.Header.Count).Skip(table.TextColumns)]);
        }

        output.Flush();
    }

    /// <summary>Draws a table if the terminal is wide enough; it would cut cells otherwise.</summary>
    private bool WriteInteractive(Column[] columns)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        var width = columns.Sum(column => Math.Max(column.Header.Length, rows.Max(row => column.Display(row).Length)) + CellFrame) + 1;
        if (width > console.Profile.Width) return false;

        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            var heading = new TableColumn(new Text(column.Header)) { NoWrap = true };
            table.AddColumn(column.Numeric ? heading.RightAligned() : heading);
        }

        foreach (var row in rows) table.AddRow(columns.Select(column => new Text(column.Display(row))));
        console.Write(table);
        return true;
    }

    private void WritePlain(Column[] columns)
    {
        PlainTable.Write(
            output,
            [.. columns.Select(column => column.Header)],
            [.. rows.Select(row => columns.Select(column => column.Display(row)).ToArray())],
            [.. columns.Index().Where(column => column.Item.Numeric).Select(column => column.Index)]);
    }
}
