using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation;

/// <summary>Looks at the machine before a run for one thing that a reader of its result must know.</summary>
internal interface IMachineValidator
{
    /// <summary>What is to be said; null where all is well.</summary>
    Finding? Check(MachineState state);
}
