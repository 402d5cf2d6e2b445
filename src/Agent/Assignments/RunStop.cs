using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Assignments;

/// <summary>Why a run was ended from outside.</summary>
/// <param name="Outcome">How it counts.</param>
/// <param name="Reason">Stable code.</param>
/// <param name="Message">One sentence for a person.</param>
internal sealed record RunStop(Outcome Outcome, string Reason, string Message);
