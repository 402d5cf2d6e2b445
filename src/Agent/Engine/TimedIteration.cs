using EdgeFleet.Measurement.Tokens;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>One iteration as reported and as numbers.</summary>
/// <param name="Message">For the trace.</param>
/// <param name="Phases">Its spans.</param>
/// <param name="Times">Its times.</param>
internal sealed record TimedIteration(Iteration Message, IReadOnlyList<Phase> Phases, TokenTimes Times);
