using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>The machine runs on its battery, which limits its clocks.</summary>
internal sealed class BatteryValidator : IMachineValidator
{
    public Finding? Check(MachineState state) => state.OnBattery != true
        ? null
        : new Finding { Code = FindingCodes.OnBattery, Message = "The machine runs on its battery; connect its power supply." };
}
