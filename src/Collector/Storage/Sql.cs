using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Storage;

/// <summary>Statements on one connection, inside a read or a write of <see cref="Database"/>.</summary>
/// <param name="connection">The connection, in a transaction when writing.</param>
internal sealed class Sql(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> prepared = [];

    /// <summary>Runs a statement and returns the number of rows it changed.</summary>
    /// <param name="text">The statement, with parameters <c>$0</c>, <c>$1</c>, ...</param>
    /// <param name="values">Their values.</param>
    public int Run(string text, params ReadOnlySpan<object?> values) => Command(text, values).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null where there is none.</summary>
    public object? Scalar(string text, params ReadOnlySpan<object?> values) => Command(text, values).ExecuteScalar() is { } value and not DBNull ? value : null;

    /// <summary>The first column of the first row as a number; 0 where there is none.</summary>
    public long Number(string text, params ReadOnlySpan<object?> values) => Scalar(text, values) as long? ?? 0;

    /// <summary>All rows.</summary>
    public List<T> Rows<T>(Func<SqliteDataReader, T> row, string text, params ReadOnlySpan<object?> values)
    {
        using var reader = Command(text, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>The first row, or null.</summary>
    public T? First<T>(Func<SqliteDataReader, T> row, string text, params ReadOnlySpan<object?> values)
        where T : class
    {
        using var reader = Command(text, values).ExecuteReader();
        return reader.Read() ? row(reader) : null;
    }

    /// <summary>Forgets prepared statements.</summary>
    public void Dispose()
    {
        foreach (var command in prepared.Values) command.Dispose();
        prepared.Clear();
    }

    private SqliteCommand Command(string text, ReadOnlySpan<object?> values)
    {
        if (!prepared.TryGetValue(text, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every text is a constant of this program; what comes from outside is a parameter.
            command.CommandText = text;
#pragma warning restore CA2100
            prepared.Add(text, command);
        }

        command.Parameters.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i}", values[i] switch
            {
                null => DBNull.Value,
                IMessage message => message.ToByteArray(),
                Enum value => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
                var value => value,
            });
        }

        return command;
    }
}
