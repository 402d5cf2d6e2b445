using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using EdgeFleet.Agent.Telemetry.Nvidia;
using EdgeFleet.Inference.RuntimePacks;

namespace EdgeFleet.Agent.Machine;

/// <summary>What results are bound to, as the trace carries it.</summary>
internal static class MachineEnvironment
{
    /// <summary>Describes this machine and program.</summary>
    public static Protos.V1.Environment Describe(string onnxRuntimeVersion, OperatingSystemInformation system, ExecutionProvider provider)
    {
        var processor = ProcessorInformation.Read();
        var build = BuildInformation.Read();
        var environment = new Protos.V1.Environment { DeviceId = DeviceIdentity.Local() };
        environment.Hardware["cpu_model"] = processor.Model;
        environment.Hardware["cpu_cores"] = $"{processor.PhysicalCores}";
        environment.Hardware["cpu_instruction_sets"] = string.Join(' ', processor.InstructionSets);
        environment.Hardware["memory_bytes"] = $"{MemoryInformation.Read().TotalBytes}";
        environment.Software["agent_version"] = build.Version;
        environment.Software["agent_commit"] = build.Commit;
        environment.Software["agent_runtime"] = build.Runtime;
        environment.Software["onnxruntime_version"] = onnxRuntimeVersion;
        environment.Software["os"] = system.Name;
        environment.Software["kernel"] = system.Kernel;
        environment.Conditions["cpu_governor"] = processor.Governor;
        environment.Conditions["power_mode"] = "unavailable: this machine has no power modes that the agent knows";
        if (JetsonConditions.Read(SystemTree.Machine) is { } jetson)
        {
            environment.Hardware["module"] = jetson.Module;
            environment.Software["l4t"] = jetson.Release;
            environment.Conditions["power_mode"] = jetson.PowerMode;
            environment.Conditions["clocks"] = jetson.Clocks;
        }

        environment.Software["firmware"] = Firmware();
        environment.Software["provider"] = provider.ToString().ToLowerInvariant();
        if (provider != ExecutionProvider.Cpu) DescribeGpu(environment);
        environment.ConditionsFingerprint = Fingerprint(environment);
        return environment;
    }

    private static string Firmware()
    {
        var board = SystemTree.Machine.TryText("/sys/class/dmi/id/bios_version");
        return board ?? "unavailable: the machine names no firmware version";
    }

    private static void DescribeGpu(Protos.V1.Environment environment)
    {
        try
        {
            using var nvml = NvmlLibrary.Open(NvmlLibrary.DefaultName);
            environment.Software["nvidia_driver"] = nvml.DriverVersion();
            environment.Hardware["gpu_model"] = nvml.Name(nvml.Devices()[0]);
        }
        catch (SensorException exception)
        {
            environment.Software["nvidia_driver"] = "unavailable: " + exception.Message;
        }
    }

    /// <summary>Everything that makes results like or unlike, but the agent's own version.</summary>
    private static string Fingerprint(Protos.V1.Environment environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment.Hardware.Concat(environment.Conditions).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        foreach (var name in (ReadOnlySpan<string>)["firmware", "kernel", "l4t", "nvidia_driver", "onnxruntime_version", "os"])
        {
            text.Append(name).Append('=').Append(environment.Software.GetValueOrDefault(name, "")).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
