using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>Something else uses the GPU: it did not become idle within the time that it was watched for before the run.</summary>
internal sealed class GpuLoadValidator : IMachineValidator
{
    public Finding? Check(MachineState state) => state.GpuBusy is not > MachineState.GpuIdle
        ? null
        : new Finding { Code = FindingCodes.GpuBusy, Message = string.Create(CultureInfo.InvariantCulture, $"Before the run, the GPU was busy for {state.GpuBusy:P0} of the time with other work.") };
}
