namespace EdgeFleet.Agent.Spool;

/// <summary>A record that waits in the spool.</summary>
/// <param name="Sequence">Position in the order in which this device produced its records, from 1, never reused.</param>
/// <param name="SpooledAt">Wall-clock time at which it was spooled.</param>
/// <param name="Payload">The serialised trace.</param>
public sealed record SpoolRecord(long Sequence, DateTimeOffset SpooledAt, byte[] Payload);
