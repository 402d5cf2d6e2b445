using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>Model and state may not fit into the memory that is free, so that the system swaps or drops file pages.</summary>
internal sealed class MemoryValidator : IMachineValidator
{
    public Finding? Check(MachineState state) => state.AvailableBytes >= state.NeededBytes
        ? null
        : new Finding { Code = FindingCodes.LittleMemory, Message = string.Create(CultureInfo.InvariantCulture, $"{state.AvailableBytes / 1048576.0:0} MiB are free, weights and state alone need {state.NeededBytes / 1048576.0:0} MiB.") };
}
