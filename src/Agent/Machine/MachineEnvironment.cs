using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using EdgeFleet.Agent.Telemetry.Nvidia;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Devices;

namespace EdgeFleet.Agent.Machine;

/// <summary>What results are bound to, as the trace carries it (docs/measurement.md, environment).</summary>
internal static class MachineEnvironment
{
    private const string Unavailable = "unavailable: ";

    // The kernel's own share of the memory differs by some kilobytes from boot to boot.
    private const long MemoryStep = 256L << 20;

    /// <summary>Describes this machine and program, and what the session runs on.</summary>
    public static Protos.V1.Environment Describe(DecoderSession session, OperatingSystemInformation system)
    {
        var environment = new Protos.V1.Environment { DeviceId = DeviceIdentity.Local() };
        DescribeMachine(environment, system);
        DescribeSession(environment, session);
        if (JetsonConditions.Read(SystemTree.Machine) is { } jetson) DescribeJetson(environment, jetson);
        if (session.Cuda is not null)
        {
            environment.Software["cuda_runtime"] = session.Cuda.Version();
            environment.Software["cudnn"] = CudnnLibrary.Version() ?? "none";
            DescribeGpu(environment, NvmlLibrary.DefaultName, session.Options.Device);
        }

        environment.ConditionsFingerprint = Fingerprint(environment);
        return environment;
    }

    /// <summary>
    /// Hash over what makes results like or unlike: hardware and conditions. Software is not in it: whether an update of a driver, of JetPack or of ONNX
    /// Runtime made something slower is what results are compared for.
    /// </summary>
    public static string Fingerprint(Protos.V1.Environment environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment.Hardware.Concat(environment.Conditions).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    /// <summary>Adds what NVML tells of a GPU.</summary>
    /// <param name="environment">Takes it.</param>
    /// <param name="library">Name or path of NVML.</param>
    /// <param name="index">Index of the GPU.</param>
    public static void DescribeGpu(Protos.V1.Environment environment, string library, int index)
    {
        try
        {
            using var nvml = NvmlLibrary.Open(library);
            var devices = nvml.Devices();
            if (index >= devices.Length) throw new SensorException($"NVML lists {devices.Length} GPUs, and GPU {index} is used");
            var device = devices[index];
            environment.Software["nvidia_driver"] = Guarded(nvml.DriverVersion);
            environment.Software["cuda_driver"] = Guarded(nvml.CudaDriverVersion);
            environment.Hardware["gpu_model"] = Guarded(() => nvml.Name(device));
            environment.Conditions["gpu_power_limit_watts"] = Guarded(() => $"{nvml.PowerLimitMilliwatts(device) / 1000:0.#}");
            environment.Conditions["gpu_clock_limit_megahertz"] = Guarded(() => $"{nvml.LargestClockMegahertz(device, NvmlLibrary.Multiprocessors):0}");
        }
        catch (SensorException exception)
        {
            environment.Software["nvidia_driver"] = Unavailable + exception.Message;
        }
    }

    private static void DescribeMachine(Protos.V1.Environment environment, OperatingSystemInformation system)
    {
        var processor = ProcessorInformation.Read();
        var build = BuildInformation.Read();
        environment.Hardware["cpu_model"] = processor.Model;
        environment.Hardware["cpu_cores"] = $"{processor.PhysicalCores}";
        environment.Hardware["cpu_instruction_sets"] = string.Join(' ', processor.InstructionSets);
        environment.Hardware["memory_bytes"] = $"{(MemoryInformation.Read().TotalBytes + (MemoryStep / 2)) / MemoryStep * MemoryStep}";
        environment.Software["agent_version"] = build.Version;
        environment.Software["agent_commit"] = build.Commit;
        environment.Software["agent_runtime"] = build.Runtime;
        environment.Software["os"] = system.Name;
        environment.Software["kernel"] = system.Kernel;
        environment.Software["firmware"] = SystemTree.Machine.TryText("/sys/class/dmi/id/bios_version") is { Length: > 0 } firmware
            ? firmware
            : Unavailable + "the machine names no firmware version";
        environment.Conditions["cpu_governor"] = processor.Governor;
        environment.Conditions["power_mode"] = Unavailable + "this machine has no power modes that the agent knows";
        environment.Conditions["processors"] = ThreadPlacement.Allowed();
        environment.Conditions["memory_limit_bytes"] = MemoryControlGroup.LimitOfThisProcess() is { } limit ? $"{limit}" : "none";
    }

    private static void DescribeSession(Protos.V1.Environment environment, DecoderSession session)
    {
        environment.Software["provider"] = session.Options.Provider.ToString().ToLowerInvariant();
        environment.Software["onnxruntime_version"] = session.Library.Version;
        environment.Software["onnxruntime_build"] = session.Library.BuildInfo;
        environment.Software["operator_library"] = session.OperatorLibrary is { } path
            ? OperatorLibrary.Version(path) ?? Unavailable + "the library does not tell its version"
            : "none";
    }

    private static void DescribeJetson(Protos.V1.Environment environment, JetsonConditions jetson)
    {
        environment.Hardware["module"] = jetson.Module;
        environment.Software["l4t"] = jetson.Release;
        environment.Software["jetpack"] = JetPackRelease.Of(jetson.Release) ?? Unavailable + "the release of L4T is not one that the agent knows";
        environment.Conditions["power_mode"] = jetson.PowerMode;
        environment.Conditions["clocks"] = jetson.Clocks;
    }

    private static string Guarded(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (SensorException exception)
        {
            return Unavailable + exception.Message;
        }
    }
}
