using EdgeFleet.Agent.Engine;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Worker;

/// <summary>Performs a run in this process.</summary>
internal interface IScenarioRunner
{
    /// <summary>Performs the run; an exception ends it as failed with the exception's message.</summary>
    RunEnd Execute(WorkerRun run, ITraceSink sink, CancellationToken cancellation);
}
