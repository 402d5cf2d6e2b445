using System.Collections.Immutable;

namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>A Jetson module, its power rails and which of them add up to the module's power.</summary>
/// <param name="Name">E.g. <c>Jetson Orin Nano</c>; <c>Jetson</c> where the board is not known.</param>
/// <param name="Rails">Rails by INA3221 label, in order.</param>
/// <param name="TotalRails">Rails whose sum is the module's power; empty where that is not known.</param>
/// <remarks>
/// Rails after NVIDIA's Jetson Linux Developer Guide (R36, "Platform Power and Performance", INA3221 tables) and the labels in the kernel's
/// tegra234-p3767.dtsi and tegra234-p3701.dtsi. On Orin Nano and NX the rail VDD_IN is the whole module. On AGX Orin there is no such rail: GPU
/// with SoC, CPU with CV and the 5 V rail add up, and VDDQ_VDD2_1V8AO is a part of the 5 V rail.
/// </remarks>
internal sealed record JetsonModule(string Name, ImmutableArray<string> Rails, ImmutableArray<string> TotalRails)
{
    /// <summary>What sums of rails are called.</summary>
    public const string TotalLabel = "module";

    private static readonly ImmutableArray<string> OrinNanoRails = ["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"];
    private static readonly ImmutableArray<string> OrinAgxRails = ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"];

    // Module numbers of NVIDIA's part scheme: p3701 AGX Orin; p3767-0000 and -0001 Orin NX; -0003, -0004 and -0005 Orin Nano.
    private static readonly ImmutableArray<(string Compatible, JetsonModule Module)> Known =
    [
        ("nvidia,p3767-0000", new("Jetson Orin NX 16GB", OrinNanoRails, ["VDD_IN"])),
        ("nvidia,p3767-0001", new("Jetson Orin NX 8GB", OrinNanoRails, ["VDD_IN"])),
        ("nvidia,p3767-0003", new("Jetson Orin Nano 8GB", OrinNanoRails, ["VDD_IN"])),
        ("nvidia,p3767-0004", new("Jetson Orin Nano 4GB", OrinNanoRails, ["VDD_IN"])),
        ("nvidia,p3767-0005", new("Jetson Orin Nano Developer Kit", OrinNanoRails, ["VDD_IN"])),
        ("nvidia,p3701", new("Jetson AGX Orin", OrinAgxRails, ["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"])),
    ];

    /// <summary>The module of a machine; null where it is no Jetson.</summary>
    public static JetsonModule? Read(SystemTree tree)
    {
        if (tree.TryText("/proc/device-tree/compatible") is not { } text) return null;
        var compatible = text.Split('\0', StringSplitOptions.RemoveEmptyEntries);

        // The carrier's own number comes first; the module's is within the same list, alone or after a plus sign.
        var numbers = compatible.SelectMany(entry => entry.Split('+')).Select(number => number.StartsWith("nvidia,", StringComparison.Ordinal) ? number : "nvidia," + number).ToArray();
        foreach (var (number, module) in Known)
        {
            if (numbers.Any(entry => entry.StartsWith(number, StringComparison.Ordinal))) return module;
        }

        return compatible.Any(entry => entry.StartsWith("nvidia,tegra", StringComparison.Ordinal)) ? new JetsonModule("Jetson", [], []) : null;
    }
}
