using System.Collections.Immutable;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>What a sensor read.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Resolution">Smallest difference between two values; 0 where it is not known.</param>
/// <param name="TimesNs">Instants in nanoseconds of the monotonic clock, ascending.</param>
/// <param name="Values">One per instant.</param>
/// <param name="Failures">Readings that gave no value.</param>
/// <param name="Failure">Why the last of them did not.</param>
internal sealed record SampledSeries(SensorName Name, double Resolution, ImmutableArray<long> TimesNs, ImmutableArray<double> Values, int Failures, string Failure);
