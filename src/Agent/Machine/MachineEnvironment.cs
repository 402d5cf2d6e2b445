using System.Security.Cryptography;
using System.Text;

namespace EdgeFleet.Agent.Machine;

/// <summary>What results are bound to, as the trace carries it.</summary>
internal static class MachineEnvironment
{
    /// <summary>Describes this machine and program.</summary>
    public static Protos.V1.Environment Describe(string onnxRuntimeVersion, OperatingSystemInformation system)
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
        environment.ConditionsFingerprint = Fingerprint(environment);
        return environment;
    }

    /// <summary>Everything that makes results like or unlike, but the agent's own version.</summary>
    private static string Fingerprint(Protos.V1.Environment environment)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in environment.Hardware.Concat(environment.Conditions).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        foreach (var name in (ReadOnlySpan<string>)["kernel", "onnxruntime_version", "os"])
        {
            text.Append(name).Append('=').Append(environment.Software[name]).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
