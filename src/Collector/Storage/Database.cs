using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Storage;

/// <summary>
/// The system of record: SQLite in WAL mode with <c>synchronous=FULL</c>. All writes go through one thread, which puts those that wait into one
/// transaction (group commit), so that one flush of the disk serves many of them; a write is complete when it is on disk. Reads use connections of
/// their own and never wait for writes.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    /// <summary>Most writes of one transaction; bounds the time that a write waits.</summary>
    public const int LargestGroup = 256;

    private readonly string connectionString;
    private readonly ConcurrentBag<(SqliteConnection Connection, Sql Sql)> readers = [];
    private readonly Channel<Pending> queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly SqliteConnection writer;
    private readonly Sql writerSql;
    private readonly Task loop;

    /// <summary>Opens the database and brings it to the newest schema.</summary>
    /// <param name="path">The file; made when there is none.</param>
    public Database(string path)
    {
        Path = path;
        connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 30 }.ToString();
        writer = Open();
        Migrations.Apply(writer);
        writerSql = new Sql(writer);
        loop = Task.Factory.StartNew(WriteLoop, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Writes that wait for the disk.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Reads.</summary>
    public T Read<T>(Func<Sql, T> read)
    {
        var reader = readers.TryTake(out var idle) ? idle : OpenReader();
        try
        {
            return read(reader.Sql);
        }
        finally
        {
            readers.Add(reader);
        }
    }

    /// <summary>Writes; complete when the change is on disk. A write that throws changes nothing and does not disturb others of its group.</summary>
    /// <param name="write">The change; runs on the writer's thread and must not wait for anything.</param>
    /// <param name="beforeCommit">Runs once per group before the commit, e.g. to flush blobs that rows refer to.</param>
    public async Task<T> WriteAsync<T>(Func<Sql, T> write, Action? beforeCommit = null)
    {
        var pending = new Pending(sql => write(sql), beforeCommit);
        await queue.Writer.WriteAsync(pending);
        return (T)(await pending.Done.Task)!;
    }

    /// <summary>Writes without a result.</summary>
    public Task WriteAsync(Action<Sql> write) => WriteAsync<object?>(sql =>
    {
        write(sql);
        return null;
    });

    /// <summary>Ends after the writes that wait.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!queue.Writer.TryComplete()) return;
        await loop;
        writerSql.Dispose();
        await writer.DisposeAsync();
        while (readers.TryTake(out var reader))
        {
            reader.Sql.Dispose();
            await reader.Connection.DisposeAsync();
        }
    }

    private (SqliteConnection Connection, Sql Sql) OpenReader()
    {
        var connection = Open();
        return (connection, new Sql(connection));
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=30000; PRAGMA cache_size=-16000";
        command.ExecuteNonQuery();
        return connection;
    }

    private void WriteLoop()
    {
        var group = new List<Pending>(LargestGroup);
        while (Next() is { } first)
        {
            group.Clear();
            group.Add(first);
            while (group.Count < LargestGroup && queue.Reader.TryRead(out var more)) group.Add(more);
            Commit(group);
        }
    }

    private Pending? Next()
    {
        while (true)
        {
            if (queue.Reader.TryRead(out var pending)) return pending;
            var wait = queue.Reader.WaitToReadAsync();
            if (!(wait.IsCompleted ? wait.Result : wait.AsTask().GetAwaiter().GetResult())) return null;
        }
    }

    private void Commit(List<Pending> group)
    {
        try
        {
            writerSql.Run("BEGIN IMMEDIATE");
            foreach (var pending in group) Apply(pending);
            foreach (var flush in group.Where(p => p.Error is null && p.BeforeCommit is not null).Select(p => p.BeforeCommit!).Distinct()) flush();
            writerSql.Run("COMMIT");
        }
#pragma warning disable CA1031 // Whatever the reason (disk full, I/O error), each writer of the group gets it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            foreach (var pending in group) pending.Error ??= error;
            RollBack();
        }

        foreach (var pending in group)
        {
            if (pending.Error is null) pending.Done.SetResult(pending.Result);
            else pending.Done.SetException(pending.Error);
        }
    }

    private void Apply(Pending pending)
    {
        writerSql.Run("SAVEPOINT one");
        try
        {
            pending.Result = pending.Write(writerSql);
            writerSql.Run("RELEASE one");
        }
#pragma warning disable CA1031 // The error belongs to whoever asked for this write.
        catch (Exception error)
#pragma warning restore CA1031
        {
            pending.Error = error;
            writerSql.Run("ROLLBACK TO one");
            writerSql.Run("RELEASE one");
        }
    }

    private void RollBack()
    {
        try
        {
            writerSql.Run("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does after I/O errors; the group's error is already set.
        }
    }

    private sealed class Pending(Func<Sql, object?> write, Action? beforeCommit)
    {
        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<Sql, object?> Write { get; } = write;

        public Action? BeforeCommit { get; } = beforeCommit;

        public object? Result { get; set; }

        public Exception? Error { get; set; }
    }
}
