using System.Collections.Immutable;

namespace EdgeFleet.Agent.Spool;

/// <summary>
/// Keeps traces on disk until the collector has acknowledged them: at least once, in order, bounded in bytes and age, each loss counted
/// with its reason. An append returns after fsync; nothing is ever held in memory only. One process at a time; members are safe to call
/// from several threads.
/// </summary>
public sealed class TraceSpool : IDisposable
{
    private readonly Lock gate = new();
    private readonly SpoolOptions options;
    private readonly TimeProvider time;
    private readonly string directory;
    private readonly SpoolLedger ledger;
    private readonly List<SpoolSegment> segments = [];
    private readonly Queue<(SpoolSegment Segment, SpoolSegment.Entry Entry)> waiting = new();
    private SemaphoreSlim? arrivals = new(0);

    /// <summary>First sequence of this process's own segments: a recovered segment may end in a torn record and is not appended to.</summary>
    private long? firstOwnSequence;

    private TraceSpool(string directory, SpoolOptions options, TimeProvider time, SpoolLedger ledger)
    {
        this.directory = directory;
        this.options = options;
        this.time = time;
        this.ledger = ledger;
    }

    /// <summary>Opens or makes the spool in a directory, and recovers what a crash left.</summary>
    /// <exception cref="SpoolException">The directory is in use, or its accounting cannot be read.</exception>
    public static TraceSpool Open(string directory, SpoolOptions options, TimeProvider time)
    {
        SpoolLedger ledger;
        try
        {
            Directory.CreateDirectory(directory);
            ledger = SpoolLedger.Open(Path.Combine(directory, "ledger"));
        }
        catch (IOException failure) when (failure is not SpoolException)
        {
            throw new SpoolException($"{directory}: cannot open the spool ({failure.Message}). Is another agent using this state directory?", failure);
        }

        var spool = new TraceSpool(directory, options, time, ledger);
        try
        {
            spool.Recover();
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    /// <summary>The accounting identity at this instant.</summary>
    public SpoolAccounting Accounting
    {
        get
        {
            lock (gate)
            {
                var dropped = Enum.GetValues<DropReason>().ToImmutableSortedDictionary(reason => reason, reason => ledger.Dropped[(int)reason]);
                return new SpoolAccounting(ledger.NextSequence - 1, ledger.Acknowledged, waiting.Count, dropped, segments.Sum(segment => segment.Length));
            }
        }
    }

    /// <summary>Takes a record; when this returns true it is on disk.</summary>
    /// <returns>False when the record was dropped; <see cref="Accounting"/> says why.</returns>
    public bool Append(ReadOnlySpan<byte> payload)
    {
        lock (gate)
        {
            DropExpired();
            var needed = SpoolSegment.HeaderBytes + (long)payload.Length;
            if (payload.Length > options.RecordBytes || needed > options.BoundBytes)
                return CountLost(DropReason.TooLarge);
            if (!MakeRoom(needed))
                return CountLost(DropReason.Full);
            try
            {
                var segment = SegmentFor(needed);
                var entry = segment.Append(ledger.NextSequence, time.GetUtcNow(), payload);
                ledger.NextSequence++;
                waiting.Enqueue((segment, entry));
            }
            catch (IOException)
            {
                return CountLost(DropReason.DiskError);
            }
        }

        arrivals?.Release();
        return true;
    }

    /// <summary>The oldest record that waits, or null. It stays until it is settled.</summary>
    public SpoolRecord? Peek()
    {
        lock (gate)
        {
            DropExpired();
            while (waiting.TryPeek(out var head))
            {
                if (head.Segment.Read(head.Entry) is { } payload)
                    return new SpoolRecord(head.Entry.Sequence, head.Entry.SpooledAt, payload);
                SettleHead(DropReason.Corrupt);
            }

            return null;
        }
    }

    /// <summary>Waits until a record is appended, or the time is over.</summary>
    public Task WaitAsync(TimeSpan limit, CancellationToken cancellation) =>
        arrivals is { } signal ? signal.WaitAsync(limit, cancellation) : throw new ObjectDisposedException(nameof(TraceSpool));

    /// <summary>Removes the oldest record after the collector acknowledged it.</summary>
    /// <returns>False when it was dropped for its age or for space while it was on its way.</returns>
    /// <exception cref="InvalidOperationException">The sequence is younger than the oldest that waits.</exception>
    public bool Acknowledge(long sequence) => Settle(sequence, null);

    /// <summary>Removes the oldest record after the collector refused it for good.</summary>
    /// <returns>False when it was dropped for its age or for space while it was on its way.</returns>
    /// <exception cref="InvalidOperationException">The sequence is younger than the oldest that waits.</exception>
    public bool Refuse(long sequence) => Settle(sequence, DropReason.Refused);

    /// <summary>Sequence of the oldest record that waits, or null.</summary>
    public long? OldestWaiting
    {
        get { lock (gate) return waiting.TryPeek(out var head) ? head.Entry.Sequence : null; }
    }

    /// <summary>Reads the records that wait, oldest first and one at a time; damaged ones are left out.</summary>
    public IEnumerable<SpoolRecord> Records()
    {
        (SpoolSegment Segment, SpoolSegment.Entry Entry)[] items;
        lock (gate) items = [.. waiting];
        foreach (var item in items)
        {
            byte[]? payload;
            lock (gate) payload = item.Entry.Sequence > ledger.Settled ? item.Segment.Read(item.Entry) : null;
            if (payload is not null) yield return new SpoolRecord(item.Entry.Sequence, item.Entry.SpooledAt, payload);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            foreach (var segment in segments)
                segment.Dispose();
            segments.Clear();
            waiting.Clear();
            ledger.Dispose();
            arrivals?.Dispose();
            arrivals = null;
        }
    }

    private void Recover()
    {
        foreach (var segment in SpoolSegment.OpenAll(directory))
        {
            segments.Add(segment);
            foreach (var entry in segment.Scan(options.RecordBytes))
            {
                ledger.NextSequence = Math.Max(ledger.NextSequence, entry.Sequence + 1);
                if (entry.Sequence > ledger.Settled && segment.Read(entry) is not null)
                    waiting.Enqueue((segment, entry));
            }
        }

        // What was given a sequence and is neither settled nor readable was damaged on disk.
        var unaccounted = ledger.NextSequence - 1 - ledger.Acknowledged - ledger.Dropped.Sum() - waiting.Count;
        ledger.Dropped[(int)DropReason.Corrupt] += unaccounted;
        ledger.Save();
        DeleteSettledSegments();
        if (waiting.Count > 0)
            arrivals?.Release();
    }

    private SpoolSegment SegmentFor(long needed)
    {
        if (segments.Count > 0 && IsOwn(segments[^1]) && segments[^1].Length + needed <= options.SegmentBytes)
            return segments[^1];
        var created = SpoolSegment.Create(directory, ledger.NextSequence);
        firstOwnSequence ??= ledger.NextSequence;
        segments.Add(created);
        return created;
    }

    private bool IsOwn(SpoolSegment segment) => segment.FirstSequence >= firstOwnSequence;

    private bool MakeRoom(long needed)
    {
        while (segments.Sum(segment => segment.Length) + needed > options.BoundBytes)
        {
            if (options.WhenFull == FullPolicy.DropNewest || segments.Count == 0)
                return false;
            DropSegment(segments[0], DropReason.Full);
        }

        return true;
    }

    private void DropExpired()
    {
        var oldest = time.GetUtcNow() - options.MaximumAge;
        while (waiting.TryPeek(out var head) && head.Entry.SpooledAt < oldest)
            SettleHead(DropReason.Expired);
    }

    private void DropSegment(SpoolSegment segment, DropReason reason)
    {
        long dropped = 0;
        while (waiting.TryPeek(out var head) && head.Segment == segment)
        {
            ledger.Settled = head.Entry.Sequence;
            dropped++;
            waiting.Dequeue();
        }

        ledger.Dropped[(int)reason] += dropped;
        ledger.Save();
        segments.Remove(segment);
        segment.Delete();
    }

    private void SettleHead(DropReason? dropped)
    {
        var (_, entry) = waiting.Dequeue();
        ledger.Settled = entry.Sequence;
        if (dropped is { } reason)
            ledger.Dropped[(int)reason]++;
        else
            ledger.Acknowledged++;
        ledger.Save();
        DeleteSettledSegments();
    }

    private void DeleteSettledSegments()
    {
        // Sequences rise along segments, so whatever lies before the head's segment is settled; one that is appended to stays.
        var settled = waiting.TryPeek(out var head) ? segments.IndexOf(head.Segment) : segments.TakeWhile(segment => !IsOwn(segment)).Count();
        if (waiting.Count == 0 && settled < segments.Count)
            settled = segments.Count - 1;
        for (var index = 0; index < settled; index++)
            segments[index].Delete();
        segments.RemoveRange(0, settled);
    }

    private bool Settle(long sequence, DropReason? dropped)
    {
        lock (gate)
        {
            if (sequence <= ledger.Settled) return false;
            if (!waiting.TryPeek(out var head) || head.Entry.Sequence != sequence)
                throw new InvalidOperationException($"Record {sequence} is not the oldest that waits; records are settled in order.");
            SettleHead(dropped);
            return true;
        }
    }

    private bool CountLost(DropReason reason)
    {
        ledger.NextSequence++;
        ledger.Dropped[(int)reason]++;
        ledger.Save();
        return false;
    }
}
