using System.Security.Cryptography;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using ZstdSharp;

namespace EdgeFleet.Agent.Delivery;

/// <summary>
/// The spool as the link knows it. A record is the first <see cref="TraceChunk"/> of a trace with all of its bytes: header and data as they are sent.
/// </summary>
internal sealed class TraceOutbox : IDisposable
{
    /// <summary>What a header adds to the largest trace.</summary>
    public const int HeaderRoom = 64 << 10;

    private const int CompressionLevel = 3;
    private readonly Lock gate = new();
    private readonly TraceSpool spool;
    private readonly string deviceId;
    private readonly string spoolId;
    private readonly long boundBytes;
    private readonly SortedDictionary<long, RunClaim> index = [];

    /// <summary>Takes over a spool.</summary>
    public TraceOutbox(TraceSpool spool, string deviceId, string spoolId, long boundBytes)
    {
        this.spool = spool;
        this.deviceId = deviceId;
        this.spoolId = spoolId;
        this.boundBytes = boundBytes;
        foreach (var record in spool.Records())
        {
            if (Parse(record) is { } chunk) index[record.Sequence] = Claim(chunk.Header);
        }
    }

    /// <summary>The spool's identity.</summary>
    public string SpoolId => spoolId;

    /// <summary>The accounting identity at this instant.</summary>
    public SpoolLevel Level
    {
        get
        {
            var accounting = spool.Accounting;
            var level = new SpoolLevel
            {
                Produced = (ulong)accounting.Produced, Acknowledged = (ulong)accounting.Acknowledged, Spooled = (ulong)accounting.Spooled,
                Bytes = (ulong)accounting.Bytes, BoundBytes = (ulong)boundBytes,
            };
            foreach (var (reason, count) in accounting.Dropped) level.Dropped[Name(reason)] = (ulong)count;
            return level;
        }
    }

    /// <summary>Whether the trace of an attempt waits.</summary>
    public bool Holds(string runId, uint attempt)
    {
        lock (gate) return Waiting().Any(claim => claim.RunId == runId && claim.Attempt == attempt);
    }

    /// <summary>The newest attempt of a run whose trace waits; null where none does.</summary>
    public uint? NewestAttempt(string runId)
    {
        lock (gate) return Waiting().Where(claim => claim.RunId == runId).Select(claim => (uint?)claim.Attempt).Max();
    }

    /// <summary>Claims on all runs whose traces wait, oldest first.</summary>
    public IReadOnlyList<RunClaim> Claims()
    {
        lock (gate) return [.. Waiting()];
    }

    /// <summary>Puts a trace into the spool.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="origin">What asked for its run.</param>
    /// <param name="settle">Done before the trace can be seen by the delivery, whether it was kept or not.</param>
    /// <returns>Whether it was kept; what was not is counted as dropped.</returns>
    public bool Put(Trace trace, RunOrigin? origin, Action? settle = null)
    {
        var serialised = RunTraces.Thin(trace).ToByteArray();
        using var compressor = new Compressor(CompressionLevel);
        var encoded = compressor.Wrap(serialised).ToArray();
        var header = new TraceHeader
        {
            DeviceId = deviceId, SpoolId = spoolId, RunId = trace.RunId, Attempt = trace.Attempt, EncodedBytes = (ulong)encoded.Length, DecodedBytes = (ulong)serialised.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(encoded)), Encoding = TraceEncoding.Zstd, Origin = origin,
        };
        lock (gate)
        {
            var kept = Append(new TraceChunk { Header = header, Data = UnsafeByteOperations.UnsafeWrap(encoded) });
            settle?.Invoke();
            return kept;
        }
    }

    /// <summary>Takes what waits in another spool over: of a state directory that came from another machine. A crash in the middle repeats traces, which the collector counts once.</summary>
    public int Carry(TraceSpool other)
    {
        var carried = 0;
        foreach (var record in other.Records())
        {
            if (Parse(record) is not { } chunk) continue;
            chunk.Header.SpoolId = spoolId;
            lock (gate) Append(chunk);
            carried++;
        }

        return carried;
    }

    /// <summary>The oldest trace that waits, or null. A record that cannot be read is dropped and counted.</summary>
    public (long Sequence, TraceChunk Chunk)? Peek()
    {
        lock (gate)
        {
            while (spool.Peek() is { } record)
            {
                if (Parse(record) is { } chunk) return (record.Sequence, chunk);
                spool.Refuse(record.Sequence);
            }

            return null;
        }
    }

    /// <summary>Waits for a trace, or until the time is over.</summary>
    public Task WaitAsync(TimeSpan limit, CancellationToken cancellation) => spool.WaitAsync(limit, cancellation);

    /// <summary>The collector stored a trace.</summary>
    public void Acknowledge(long sequence)
    {
        spool.Acknowledge(sequence);
        lock (gate) index.Remove(sequence);
    }

    /// <summary>The collector will never take a trace.</summary>
    public void Refuse(long sequence)
    {
        spool.Refuse(sequence);
        lock (gate) index.Remove(sequence);
    }

    public void Dispose() => spool.Dispose();

    private bool Append(TraceChunk chunk)
    {
        if (!spool.Append(chunk.ToByteArray())) return false;
        index[spool.Accounting.Produced] = Claim(chunk.Header);
        return true;
    }

    // What the spool dropped for space or age is no longer claimed; it drops from the oldest on.
    private SortedDictionary<long, RunClaim>.ValueCollection Waiting()
    {
        var oldest = spool.OldestWaiting ?? long.MaxValue;
        while (index.Count > 0 && index.First().Key is var first && first < oldest) index.Remove(first);
        return index.Values;
    }

    private static RunClaim Claim(TraceHeader header) => new() { RunId = header.RunId, Attempt = header.Attempt, State = "spooled", Origin = header.Origin };

    private static TraceChunk? Parse(SpoolRecord record)
    {
        try
        {
            return TraceChunk.Parser.ParseFrom(record.Payload) is { Header: not null } chunk ? chunk : null;
        }
        catch (InvalidProtocolBufferException)
        {
            // Its checksum holds, so another version wrote it: the delivery refuses it, and that is counted.
            return null;
        }
    }

    private static string Name(DropReason reason) => reason switch
    {
        DropReason.Full => "full",
        DropReason.Expired => "expired",
        DropReason.Corrupt => "corrupt",
        DropReason.TooLarge => "too_large",
        DropReason.DiskError => "disk_error",
        _ => "refused",
    };
}
