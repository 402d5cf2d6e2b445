using EdgeFleet.Protos.V1;
using Parquet;
using Parquet.Schema;

namespace EdgeFleet.Cli.Results;

/// <summary>Exports as Parquet: one row group, numbers nullable.</summary>
internal static class ParquetExport
{
    /// <summary>Writes a file.</summary>
    public static async Task WriteAsync(IReadOnlyList<Run> runs, Stream stream)
    {
        // The format ends with a foot that says where everything is: written in memory first, since a pipe cannot seek.
        using var buffer = new MemoryStream();
        DataField[] fields = [.. ResultColumns.All.Select(c => new DataField(c.Name, c.Type, isNullable: c.Type != typeof(string)))];
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), buffer))
        {
            using var group = writer.CreateRowGroup();
            foreach (var (column, field) in ResultColumns.All.Zip(fields)) await ColumnAsync(group, column, field, runs);
        }

        await stream.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }

    private static Task ColumnAsync(ParquetRowGroupWriter group, ResultColumn column, DataField field, IReadOnlyList<Run> runs) =>
        column.Type == typeof(long) ? group.WriteAsync<long>(field, runs.Select(r => (long?)column.Value(r)).ToArray().AsMemory())
        : column.Type == typeof(double) ? group.WriteAsync<double>(field, runs.Select(r => (double?)column.Value(r)).ToArray().AsMemory())
        : group.WriteAsync(field, [.. runs.Select(r => (string)column.Value(r)!)]);
}
