using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Spectre.Console;

namespace EdgeFleet.Cli.Output;

/// <summary>Writes answers.</summary>
/// <param name="Format">How.</param>
/// <param name="Writer">Where.</param>
internal sealed record Printer(OutputFormat Format, TextWriter Writer)
{
    private const int PipeWidth = 400;

    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    /// <summary>Whether programs read.</summary>
    public bool IsJson => Format == OutputFormat.Json;

    /// <summary>Writes a message as JSON, or as what the table says.</summary>
    public void Write(IMessage message, Action<IAnsiConsole> table)
    {
        if (IsJson) Writer.WriteLine(Json.Format(message));
        else table(Console());
    }

    /// <summary>Writes rows under a head.</summary>
    public void Table(IMessage message, string[] head, IEnumerable<string[]> rows) => Write(message, console =>
    {
        var table = new Table().Border(TableBorder.Simple);
        if (head.All(column => column.Length == 0)) table.HideHeaders();
        foreach (var column in head) table.AddColumn(new TableColumn(column).NoWrap());
        foreach (var row in rows) table.AddRow([.. row.Select(cell => new Text(cell))]);
        console.Write(table);
    });

    /// <summary>Whether a person sees what is drawn in place.</summary>
    public bool IsTerminal => !IsJson && ReferenceEquals(Writer, System.Console.Out) && !System.Console.IsOutputRedirected;

    /// <summary>Writes what is no message of the contract: one line of JSON, or as what the table says.</summary>
    public void Write(Action<Utf8JsonWriter> json, Action<IAnsiConsole> table)
    {
        if (!IsJson)
        {
            table(Console());
            return;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) json(writer);
        Writer.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>The console of tables.</summary>
    public IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Writer) });

        // A pipe has no width; cells that wrap would be of no use to what reads it.
        if (System.Console.IsOutputRedirected) console.Profile.Width = PipeWidth;
        return console;
    }
}
