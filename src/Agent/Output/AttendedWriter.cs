namespace EdgeFleet.Agent.Output;

/// <summary>Ends the measuring once nobody reads its results, which would be lost: <c>bench | head</c>.</summary>
/// <param name="rows">Writes the rows.</param>
/// <param name="readerIsGone">Whether the program that read standard output has ended.</param>
internal sealed class AttendedWriter(IRowWriter rows, Func<bool> readerIsGone) : IRowWriter
{
    /// <exception cref="IOException">Nobody reads any more.</exception>
    public void Write(BenchRow row)
    {
        rows.Write(row);
        if (readerIsGone()) throw new IOException("the program that read the results has ended, so the rest is not measured.");
    }

    public void Complete() => rows.Complete();
}
