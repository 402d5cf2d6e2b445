using System.Collections.Immutable;

namespace EdgeFleet.Agent.Spool;

/// <summary>
/// The accounting identity of a spool: at any instant <c>Produced = Acknowledged + Spooled + sum of Dropped</c>.
/// Each number is derived from what is on disk, so it survives kill -9.
/// </summary>
/// <param name="Produced">Records ever handed to the spool.</param>
/// <param name="Acknowledged">Records that the collector has acknowledged.</param>
/// <param name="Spooled">Records that wait.</param>
/// <param name="Dropped">Records lost, by reason; every reason is present.</param>
/// <param name="Bytes">Bytes that the segments take.</param>
public sealed record SpoolAccounting(
    long Produced, long Acknowledged, long Spooled, ImmutableSortedDictionary<DropReason, long> Dropped, long Bytes);
