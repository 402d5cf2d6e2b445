using System.Text;
using CsCheck;
using EdgeFleet.Agent.Spool;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace EdgeFleet.Agent.Tests.Spool;

public sealed class TraceSpoolTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("spool").FullName;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_record_is_delivered_in_order_and_stays_until_it_is_acknowledged()
    {
        using var spool = Open();
        spool.Append("first"u8);
        spool.Append("second"u8);

        Assert.Equal("first", Text(spool.Peek()));
        Assert.Equal("first", Text(spool.Peek()));
        spool.Acknowledge(1);
        Assert.Equal("second", Text(spool.Peek()));
        Assert.Throws<InvalidOperationException>(() => spool.Acknowledge(7));
        AssertIdentity(spool, produced: 2, acknowledged: 1, spooled: 1);
    }

    [Fact]
    public void Everything_survives_reopening_and_no_sequence_is_used_twice()
    {
        using (var spool = Open())
        {
            spool.Append("a"u8);
            spool.Append("b"u8);
            spool.Acknowledge(spool.Peek()!.Sequence);
        }

        using var again = Open();
        Assert.Equal("b", Text(again.Peek()));
        again.Append("c"u8);
        again.Acknowledge(2);
        Assert.Equal(3, again.Peek()!.Sequence);
        AssertIdentity(again, produced: 3, acknowledged: 2, spooled: 1);
    }

    [Fact]
    public void A_torn_last_record_was_never_produced()
    {
        using (var spool = Open())
        {
            spool.Append("whole"u8);
            spool.Append("torn by a power cut"u8);
        }

        var segment = Directory.GetFiles(directory, "*.segment").Single();
        using (var file = new FileStream(segment, FileMode.Open))
            file.SetLength(file.Length - 5);

        using var again = Open();
        AssertIdentity(again, produced: 1, acknowledged: 0, spooled: 1);
        Assert.True(again.Append("after"u8));
        again.Acknowledge(1);
        Assert.Equal("after", Text(again.Peek()));
        AssertIdentity(again, produced: 2, acknowledged: 1, spooled: 1);
    }

    [Fact]
    public void A_damaged_record_in_the_middle_is_counted_and_hides_nothing_behind_it()
    {
        using (var spool = Open())
        {
            foreach (var text in new[] { "one", "two", "three" })
                spool.Append(Encoding.UTF8.GetBytes(text));
        }

        var segment = Directory.GetFiles(directory, "*.segment").Single();
        var bytes = File.ReadAllBytes(segment);
        bytes[32 + 3 + 10] ^= 0xFF; // second record's header
        File.WriteAllBytes(segment, bytes);

        using var again = Open();
        AssertIdentity(again, produced: 3, acknowledged: 0, spooled: 2);
        Assert.Equal(1, again.Accounting.Dropped[DropReason.Corrupt]);
        again.Acknowledge(1);
        Assert.Equal("three", Text(again.Peek()));
    }

    [Fact]
    public void A_full_spool_gives_up_the_oldest_segment_or_the_newest_record_as_told()
    {
        var payload = new byte[400];
        using (var oldest = Open(new SpoolOptions { BoundBytes = 2000, SegmentBytes = 900 }))
        {
            for (var index = 0; index < 10; index++)
                Assert.True(oldest.Append(payload));
            Assert.True(oldest.Accounting.Bytes <= 2000);
            Assert.True(oldest.Accounting.Dropped[DropReason.Full] > 0);
            Assert.Equal(10, oldest.Records().Last().Sequence);
            AssertIdentity(oldest, produced: 10, acknowledged: 0, spooled: oldest.Accounting.Spooled);
        }

        using var newest = TraceSpool.Open(
            Path.Combine(directory, "newest"), new SpoolOptions { BoundBytes = 2000, WhenFull = FullPolicy.DropNewest }, time);
        for (var index = 0; index < 10; index++)
            newest.Append(payload);
        Assert.Equal(1, newest.Records().First().Sequence);
        Assert.Equal(6, newest.Accounting.Dropped[DropReason.Full]);
        AssertIdentity(newest, produced: 10, acknowledged: 0, spooled: 4);
    }

    [Fact]
    public void Old_records_expire_and_oversize_ones_are_refused_both_counted()
    {
        using var spool = Open(new SpoolOptions { MaximumAge = TimeSpan.FromDays(1), RecordBytes = 100 });
        spool.Append("old"u8);
        time.Advance(TimeSpan.FromDays(2));
        Assert.False(spool.Append(new byte[101]));
        spool.Append("new"u8);

        Assert.Equal("new", Text(spool.Peek()));
        Assert.Equal(1, spool.Accounting.Dropped[DropReason.Expired]);
        Assert.Equal(1, spool.Accounting.Dropped[DropReason.TooLarge]);
        AssertIdentity(spool, produced: 3, acknowledged: 0, spooled: 1);
    }

    [Fact]
    public void A_directory_in_use_is_refused_by_name()
    {
        using var first = Open();
        var failure = Assert.Throws<SpoolException>(() => Open());
        Assert.Contains(directory, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_ledger_write_leaves_the_other_copy()
    {
        using (var spool = Open())
        {
            spool.Append("a"u8);
            spool.Acknowledge(1);
        }

        var path = Path.Combine(directory, "ledger");
        var whole = File.ReadAllBytes(path);
        for (var copy = 0; copy < 2; copy++)
        {
            var torn = (byte[])whole.Clone();
            torn[(copy * 512) + 20] ^= 1;
            File.WriteAllBytes(path, torn);
            using var spool = Open();
            Assert.Equal(1, spool.Accounting.Produced);
            Assert.Equal(1, spool.Accounting.Acknowledged + spool.Accounting.Spooled);
        }

        var lost = (byte[])whole.Clone();
        lost[20] ^= 1;
        lost[532] ^= 1;
        File.WriteAllBytes(path, lost);
        Assert.Contains("ledger", Assert.Throws<SpoolException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_identity_holds_and_order_is_kept_through_any_history_of_crashes() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 300]).Array[1, 80].Sample(
            operations =>
            {
                var place = Path.Combine(directory, Guid.NewGuid().ToString("N"));
                var spool = TraceSpool.Open(place, new SpoolOptions { BoundBytes = 3000, SegmentBytes = 700 }, time);
                long last = 0;
                long delivered = 0;
                try
                {
                    foreach (var (operation, size) in operations)
                    {
                        switch (operation)
                        {
                            case <= 2:
                                spool.Append(Encoding.UTF8.GetBytes(new string('x', size)));
                                break;
                            case 3 when spool.Peek() is { } record:
                                Assert.True(record.Sequence > last, "out of order or delivered twice");
                                last = record.Sequence;
                                delivered++;
                                spool.Acknowledge(record.Sequence);
                                break;
                            case 4 when spool.Peek() is { } record:
                                last = record.Sequence;
                                spool.Refuse(record.Sequence);
                                break;
                            case 5:
                                spool.Dispose();
                                spool = TraceSpool.Open(place, new SpoolOptions { BoundBytes = 3000, SegmentBytes = 700 }, time);
                                break;
                            default:
                                break;
                        }

                        AssertIdentity(spool, spool.Accounting.Produced, delivered, spool.Accounting.Spooled);
                        Assert.Equal(0, spool.Accounting.Dropped[DropReason.Corrupt]);
                    }
                }
                finally
                {
                    spool.Dispose();
                }
            },
            iter: 200,
            threads: 1,
            print: operations => string.Join(" ", operations));

    private static string Text(SpoolRecord? record) => Encoding.UTF8.GetString(record!.Payload);

    private static void AssertIdentity(TraceSpool spool, long produced, long acknowledged, long spooled)
    {
        var accounting = spool.Accounting;
        Assert.Equal(produced, accounting.Produced);
        Assert.Equal(acknowledged, accounting.Acknowledged);
        Assert.Equal(spooled, accounting.Spooled);
        Assert.Equal(accounting.Produced, accounting.Acknowledged + accounting.Spooled + accounting.Dropped.Values.Sum());
    }

    private TraceSpool Open(SpoolOptions? options = null) => TraceSpool.Open(directory, options ?? new SpoolOptions(), time);
}
