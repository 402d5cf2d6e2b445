using System.Text;

namespace EdgeFleet.Cli.Output;

/// <summary>Writes to a terminal as long as it is there: that it was closed does not end who still has something to do.</summary>
/// <param name="terminal">Where to.</param>
internal sealed class TerminalWriter(TextWriter terminal) : TextWriter
{
    private bool closed;

    /// <inheritdoc/>
    public override Encoding Encoding => terminal.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => WhileThere(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => WhileThere(() => terminal.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void Write(string? value) => WhileThere(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Flush() => WhileThere(terminal.Flush);

    private void WhileThere(Action write)
    {
        if (closed) return;
        try
        {
            write();
        }
        catch (IOException)
        {
            // EIO; SIGHUP, which says the same, may come later or to the shell alone.
            closed = true;
        }
    }
}
