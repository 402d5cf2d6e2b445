using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Storage;

/// <summary>Columns that hold messages.</summary>
internal static class SqlReaderExtensions
{
    /// <summary>A serialised message.</summary>
    public static T Message<T>(this SqliteDataReader reader, int column, MessageParser<T> parser)
        where T : class, IMessage<T> => parser.ParseFrom(reader.GetFieldValue<byte[]>(column));

    /// <summary>A serialised message, or null where the column is.</summary>
    public static T? MessageOrNull<T>(this SqliteDataReader reader, int column, MessageParser<T> parser)
        where T : class, IMessage<T> => reader.IsDBNull(column) ? null : reader.Message(column, parser);
}
