namespace EdgeFleet.Agent.Spool;

/// <summary>Bounds and durability of a <see cref="TraceSpool"/>.</summary>
public sealed record SpoolOptions
{
    /// <summary>Most bytes that records may take on disk.</summary>
    /// <value>1 GiB.</value>
    public long BoundBytes { get; init; } = 1L << 30;

    /// <summary>A segment is closed once it is this long; space is given back a segment at a time.</summary>
    /// <value>16 MiB.</value>
    public long SegmentBytes { get; init; } = 16L << 20;

    /// <summary>Longest record that is accepted.</summary>
    /// <value>64 MiB, the largest trace of the wire contract.</value>
    public int RecordBytes { get; init; } = 64 << 20;

    /// <summary>Records older than this are dropped with the reason <see cref="DropReason.Expired"/>.</summary>
    /// <value>30 days.</value>
    public TimeSpan MaximumAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>What happens when <see cref="BoundBytes"/> is reached.</summary>
    /// <value><see cref="FullPolicy.DropOldest"/>: the newest results answer today's question.</value>
    public FullPolicy WhenFull { get; init; } = FullPolicy.DropOldest;
}
