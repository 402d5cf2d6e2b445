using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Export;

/// <summary>The names of targets and precisions on command lines and in manifests.</summary>
public static class ExportNames
{
    /// <summary>The target's name.</summary>
    public static string Name(this ExportTarget target) => target switch
    {
        ExportTarget.Cpu => "cpu",
        ExportTarget.Cuda => "cuda",
        _ => throw new ArgumentOutOfRangeException(nameof(target), target, "Unknown target."),
    };

    /// <summary>The precision's name.</summary>
    public static string Name(this ExportPrecision precision) => precision switch
    {
        ExportPrecision.Float32 => "fp32",
        ExportPrecision.Float16 => "fp16",
        ExportPrecision.BFloat16 => "bf16",
        ExportPrecision.Int4 => "int4",
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Unknown precision."),
    };

    /// <summary>Reads a target's name.</summary>
    /// <exception cref="CheckpointException">There is no such target.</exception>
    public static ExportTarget ParseTarget(string name) => name switch
    {
        "cpu" => ExportTarget.Cpu,
        "cuda" => ExportTarget.Cuda,
        _ => throw new CheckpointException($"target '{name}'", "is not known.", "Use cpu or cuda."),
    };

    /// <summary>Reads a precision's name.</summary>
    /// <exception cref="CheckpointException">There is no such precision.</exception>
    public static ExportPrecision ParsePrecision(string name) => name switch
    {
        "fp32" => ExportPrecision.Float32,
        "fp16" => ExportPrecision.Float16,
        "bf16" => ExportPrecision.BFloat16,
        "int4" => ExportPrecision.Int4,
        _ => throw new CheckpointException($"precision '{name}'", "is not known.", "Use fp32, fp16, bf16 or int4."),
    };
}
