using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Worker;

/// <summary>What is left of a worker.</summary>
/// <param name="Trace">Everything that it reported, with its end; partial where it did not complete.</param>
/// <param name="Output">Last part of its standard output and error.</param>
internal sealed record WorkerResult(Trace Trace, string Output);
