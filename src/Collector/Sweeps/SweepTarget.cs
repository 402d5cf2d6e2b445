using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>A device as planning sees it.</summary>
/// <param name="DeviceId">Its id.</param>
/// <param name="Labels">Labels in effect.</param>
/// <param name="Hello">What its agent said last.</param>
/// <param name="Online">Whether it is connected.</param>
/// <param name="Quarantined">Whether it gets no runs.</param>
internal sealed record SweepTarget(string DeviceId, IReadOnlyDictionary<string, string> Labels, Hello Hello, bool Online, bool Quarantined);
