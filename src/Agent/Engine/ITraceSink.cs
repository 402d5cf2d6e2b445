using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>Takes what a run reports as it happens.</summary>
internal interface ITraceSink
{
    /// <summary>A part of the trace, merged into what came before.</summary>
    void Part(Trace part);

    /// <summary>A sign of life.</summary>
    /// <param name="phase">Name of the phase.</param>
    /// <param name="done">Iterations of the phase that are done.</param>
    /// <param name="total">Most iterations that the phase will make.</param>
    void Progress(string phase, int done, int total);
}
