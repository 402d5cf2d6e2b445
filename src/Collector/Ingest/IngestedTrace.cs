using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Ingest;

/// <summary>What became of a trace that was stored.</summary>
/// <param name="Disposition">How it counts.</param>
/// <param name="SweepId">Its sweep.</param>
/// <param name="DeviceId">Its device.</param>
/// <param name="Run">The run as it is now.</param>
/// <param name="BecameNew">Whether a sweep was made for it.</param>
internal sealed record IngestedTrace(TraceDisposition Disposition, string SweepId, string DeviceId, Run Run, bool BecameNew);
