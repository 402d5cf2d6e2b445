using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>Other processes use the machine: in the moment before the run, more than a tenth of a processor was busy.</summary>
internal sealed class OtherLoadValidator : IMachineValidator
{
    public Finding? Check(MachineState state) => state.BusyProcessors <= OtherWork.Tolerated
        ? null
        : new Finding { Code = FindingCodes.OtherLoad, Message = string.Create(CultureInfo.InvariantCulture, $"Before the run, {state.BusyProcessors:0.00} processors were busy with other work.") };
}
