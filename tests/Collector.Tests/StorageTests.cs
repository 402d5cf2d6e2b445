using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace EdgeFleet.Collector.Tests;

public sealed class StorageTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task A_write_that_throws_changes_nothing_and_spares_the_others_of_its_group()
    {
        await using var database = new Database(Path.Combine(directory, "db"));
        var writes = Enumerable.Range(0, 200).Select(i => database.WriteAsync(sql =>
        {
            sql.Run("INSERT INTO setting VALUES($0, $1)", $"n{i}", (long)i);
            if (i % 3 == 0) throw new InvalidOperationException("no");
        })).ToList();
        foreach (var (write, i) in writes.Select((w, i) => (w, i)))
        {
            if (i % 3 == 0) await Assert.ThrowsAsync<InvalidOperationException>(() => write);
            else await write;
        }

        Assert.Equal(133, database.Read(sql => sql.Number("SELECT COUNT(*) FROM setting")));
    }

    [Fact]
    public async Task A_flush_that_fails_fails_the_writes_that_needed_it_and_commits_nothing()
    {
        await using var database = new Database(Path.Combine(directory, "db"));
        await Assert.ThrowsAsync<IOException>(() => database.WriteAsync(sql => sql.Run("INSERT INTO setting VALUES('a', 1)"), () => throw new IOException("disk full")));
        Assert.Equal(0, database.Read(sql => sql.Number("SELECT COUNT(*) FROM setting")));
        await database.WriteAsync(sql => sql.Run("INSERT INTO setting VALUES('b', 1)"));
        Assert.Equal(1, database.Read(sql => sql.Number("SELECT COUNT(*) FROM setting")));
    }

    [Fact]
    public async Task A_database_of_a_newer_collector_is_left_alone()
    {
        var path = Path.Combine(directory, "db");
        await using (new Database(path))
        {
        }

        await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Contains("has schema 99", Assert.Throws<StorageException>(() => new Database(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Blobs_are_read_back_and_a_restart_begins_a_new_segment()
    {
        var first = new byte[1000];
        new Random(1).NextBytes(first);
        (long Segment, long Offset) a, b;
        using (var segments = new TraceSegments(directory))
        {
            a = segments.Append([1, 2, 3], first);
            segments.Flush();
            Assert.Equal(first, segments.Read(a.Segment, a.Offset, first.Length));
        }

        using (var segments = new TraceSegments(directory))
        {
            b = segments.Append([], [9]);
            segments.Flush();
            Assert.NotEqual(a.Segment, b.Segment);
            Assert.Equal(first, segments.Read(a.Segment, a.Offset, first.Length));
            Assert.Equal([9], segments.Read(b.Segment, b.Offset, 1));
            Assert.Throws<StorageException>(() => segments.Read(b.Segment, b.Offset, 2));
        }
    }

    [Fact]
    public void An_address_is_read_as_it_was_written_and_tells_no_secret_in_logs()
    {
        var address = new CollectorAddress("host.example", 7443, new string('a', 64), "s3cret-_");
        Assert.Equal(address, CollectorAddress.Parse(address.Format() + "\n"));
        Assert.DoesNotContain("s3cret", address.ToString(), StringComparison.Ordinal);
        Assert.Equal("::1", CollectorAddress.Parse((address with { Host = "::1" }).Format()).Host.Trim('[', ']'));
        foreach (var wrong in (string[])["", "https://a@b:1#" + new string('a', 64), "edgefleet://b:1#" + new string('a', 64), "edgefleet://a@b#" + new string('a', 64), "edgefleet://a@b:1", "edgefleet://a@b:1#abc"])
        {
            Assert.DoesNotContain("a@", Assert.Throws<FormatException>(() => CollectorAddress.Parse(wrong)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_identity_outlives_a_restart_and_only_the_owner_can_read_it()
    {
        string fingerprint;
        using (var data = new DataDirectory(directory))
        {
            using var identity = ServerIdentity.Load(data, "localhost", TimeProvider.System);
            fingerprint = identity.Fingerprint;
            Assert.Equal(64, fingerprint.Length);
            Assert.NotEqual(identity.JoinToken, identity.OperatorToken);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "server-key.pem")));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "join-token")));
            Assert.Throws<StorageException>(() => new DataDirectory(directory));
        }

        using var again = new DataDirectory(directory);
        using var same = ServerIdentity.Load(again, "localhost", TimeProvider.System);
        Assert.Equal(fingerprint, same.Fingerprint);
    }
}
