using EdgeFleet.Cli.Output;
using Xunit;

namespace EdgeFleet.Cli.Tests;

public sealed class TerminalWriterTests
{
    [Fact]
    public void What_is_written_arrives_until_the_terminal_is_closed_and_then_goes_nowhere()
    {
        using var terminal = new Closing();
        using var writer = new TerminalWriter(terminal);
        writer.WriteLine("here");
        terminal.Closed = true;
        writer.WriteLine("gone");
        writer.Flush();
        terminal.Closed = false;
        writer.Write('x');
        Assert.Equal("here" + Environment.NewLine, terminal.ToString());
    }

    private sealed class Closing : StringWriter
    {
        public bool Closed { get; set; }

        public override void Write(string? value)
        {
            if (Closed) throw new IOException("Input/output error");
            base.Write(value);
        }
    }
}
