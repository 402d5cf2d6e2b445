namespace EdgeFleet.Agent.Output;

/// <summary>Aligned text columns.</summary>
internal static class PlainTable
{
    /// <summary>Writes a header and rows.</summary>
    public static void Write(TextWriter output, IReadOnlyList<string> header, IReadOnlyList<IReadOnlyList<string>> rows, IReadOnlyCollection<int> rightAligned)
    {
        int[] widths = [.. header.Select((title, i) => Math.Max(title.Length, rows.Count == 0 ? 0 : rows.Max(row => row[i].Length)))];
        foreach (var cells in (IReadOnlyList<string>[])[header, .. rows])
        {
            var padded = cells.Select((cell, i) => rightAligned.Contains(i) ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            output.WriteLine(string.Join("  ", padded).TrimEnd());
        }
    }
}
