namespace EdgeFleet.Agent.Link;

/// <summary>How far this device's clock is from the collector's, from heartbeats that name each other (RFC 5905, section 8). Not thread-safe.</summary>
internal sealed class ClockOffset
{
    private const int SentKept = 16;
    private readonly (ulong Sequence, long SentNs)[] sent = new (ulong, long)[SentKept];

    /// <summary>This clock minus the collector's, nanoseconds; null until it is known.</summary>
    public long? OffsetNs { get; private set; }

    /// <summary>Largest error of the offset: half the round trip.</summary>
    public long ErrorNs { get; private set; }

    /// <summary>A heartbeat was sent.</summary>
    public void Sent(ulong sequence, long nowNs) => sent[sequence % SentKept] = (sequence, nowNs);

    /// <summary>A heartbeat came.</summary>
    /// <param name="peerSequence">Heartbeat of this side that the peer had read last.</param>
    /// <param name="peerReceivedNs">When it had read that, by its clock.</param>
    /// <param name="peerSentNs">When it sent this one, by its clock.</param>
    /// <param name="nowNs">Now, by this clock.</param>
    public void Heard(ulong peerSequence, long peerReceivedNs, long peerSentNs, long nowNs)
    {
        var mine = sent[peerSequence % SentKept];
        if (peerSequence == 0 || mine.Sequence != peerSequence || peerSentNs < peerReceivedNs) return;
        var round = nowNs - mine.SentNs - (peerSentNs - peerReceivedNs);
        if (round < 0) return;
        OffsetNs = ((mine.SentNs - peerReceivedNs) + (nowNs - peerSentNs)) / 2;
        ErrorNs = round / 2;
    }
}
