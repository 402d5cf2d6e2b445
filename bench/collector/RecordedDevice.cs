using System.Collections.Immutable;

namespace EdgeFleet.Collector.Bench;

/// <summary>An agent of the recording and what it measures.</summary>
/// <param name="Name">Value of its label.</param>
/// <param name="SamplePeriodSeconds">Its <c>--sample-period</c>.</param>
/// <param name="Sweeps">Sweep definitions without their device selector, performed one after another.</param>
internal sealed record RecordedDevice(string Name, double SamplePeriodSeconds, ImmutableArray<string> Sweeps);
