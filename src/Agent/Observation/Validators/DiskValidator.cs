using System.Globalization;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Observation.Validators;

/// <summary>Temporary files may not fit: profiles of long runs have tens of megabytes.</summary>
internal sealed class DiskValidator : IMachineValidator
{
    private const long Least = 512L << 20;

    public Finding? Check(MachineState state) => state.FreeDiskBytes >= Least
        ? null
        : new Finding { Code = FindingCodes.LittleDisk, Message = string.Create(CultureInfo.InvariantCulture, $"Only {state.FreeDiskBytes / 1048576.0:0} MiB of disk are free for temporary files.") };
}
