using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>Swap space is in use: the machine was short of memory, and parts of this or other processes may be on disk.</summary>
internal sealed class SwapValidator : IMachineValidator
{
    private const long Tolerated = 64L << 20;

    public Finding? Check(MachineState state) => state.SwapUsedBytes <= Tolerated
        ? null
        : new Finding { Code = FindingCodes.SwapInUse, Message = string.Create(CultureInfo.InvariantCulture, $"{state.SwapUsedBytes / 1048576.0:0} MiB of swap space are in use.") };
}
