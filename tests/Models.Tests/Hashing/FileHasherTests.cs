using System.Security.Cryptography;
using EdgeFleet.Models.Hashing;
using Xunit;

namespace EdgeFleet.Models.Tests.Hashing;

public sealed class FileHasherTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    [InlineData((3 << 20) + 17)]
    public void The_digest_is_that_of_the_whole_file(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        var digest = Hash(new SessionHashMemory(), _directory.Write("f", bytes));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), digest);
    }

    [Fact]
    public void A_memory_that_cannot_be_written_remembers_for_itself()
    {
        var file = _directory.Write("f", [1]);
        var memory = new HashFile("/proc/none/hashes");
        memory.Remember(file, FileStamp.Of(file), new string('e', 64));
        Assert.Equal(new string('e', 64), memory.Find(file, FileStamp.Of(file)));
    }

    [Fact]
    public void An_unchanged_file_is_not_read_again()
    {
        var path = _directory.Write("f", "content");
        var memory = new SessionHashMemory();
        memory.Remember(path, FileStamp.Of(path), "remembered");
        Assert.Equal("remembered", Hash(memory, path));
    }

    [Fact]
    public void A_file_of_another_time_size_or_inode_is_read_again()
    {
        var path = _directory.Write("f", "content");
        var expected = Hash(new SessionHashMemory(), path);
        var stamp = FileStamp.Of(path);
        foreach (var old in (FileStamp[])[stamp with { ModifiedNs = 1 }, stamp with { Bytes = 1 }, stamp with { Inode = 1 }])
        {
            var memory = new SessionHashMemory();
            memory.Remember(path, old, "stale");
            Assert.Equal(expected, Hash(memory, path));
        }
    }

    [Fact]
    public void A_stamp_changes_with_the_file_and_follows_links()
    {
        var path = _directory.Write("f", "content");
        var stamp = FileStamp.Of(path);
        Assert.Equal(7, stamp.Bytes);
        Assert.Equal((File.GetLastWriteTimeUtc(path) - DateTime.UnixEpoch).Ticks, stamp.ModifiedNs / 100);
        var link = Path.Combine(_directory.Path, "link");
        File.CreateSymbolicLink(link, path);
        Assert.Equal(stamp, FileStamp.Of(link));
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(5));
        Assert.Equal(5_000_000_000, FileStamp.Of(path).ModifiedNs);
        Assert.NotEqual(stamp.Inode, FileStamp.Of(_directory.Write("g", "content")).Inode);
    }

    [Fact]
    public void Files_survive_a_restart_in_a_hash_file()
    {
        var path = _directory.Write("f", "content");
        var store = Path.Combine(_directory.Path, "cache", "hashes.tsv");
        var first = new HashFile(store);
        first.Remember(path, FileStamp.Of(path), new string('a', 64));
        first.Remember(_directory.Write("tab\tand\nnewline", "x"), FileStamp.Of(path), new string('b', 64));
        var second = new HashFile(store);
        Assert.Equal(new string('a', 64), second.Find(path, FileStamp.Of(path)));
        Assert.Null(second.Find(path, FileStamp.Of(path) with { ModifiedNs = 1 }));
        Assert.Null(second.Find(Path.Combine(_directory.Path, "g"), FileStamp.Of(path)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n")]
    [InlineData("a\tb\tc\td\te\n\0\0\0")]
    [InlineData("1\t2\t3\tnot-a-digest\t/f\n")]
    public void A_damaged_hash_file_is_as_if_it_were_not_there(string content)
    {
        var store = _directory.Write("hashes.tsv", content);
        var path = _directory.Write("f", "content");
        var memory = new HashFile(store);
        Assert.Null(memory.Find(path, FileStamp.Of(path)));
        memory.Remember(path, FileStamp.Of(path), new string('c', 64));
        Assert.Equal(new string('c', 64), new HashFile(store).Find(path, FileStamp.Of(path)));
    }

    [Fact]
    public void Two_processes_that_remember_at_once_lose_nothing_of_the_file_s_form()
    {
        var store = Path.Combine(_directory.Path, "hashes.tsv");
        var files = Enumerable.Range(0, 40).Select(i => _directory.Write($"f{i}", "x")).ToList();
        Parallel.ForEach(files, file => new HashFile(store).Remember(file, FileStamp.Of(file), new string('d', 64)));
        var memory = new HashFile(store);
        Assert.Contains(files, file => memory.Find(file, FileStamp.Of(file)) is not null);
        Assert.All(files, file => Assert.True(memory.Find(file, FileStamp.Of(file)) is null or { Length: 64 }));
    }

    private static string Hash(SessionHashMemory memory, string path) => new FileHasher(memory).Sha256(path, CancellationToken.None);
}
