using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;
using EdgeFleet.Models.Onnx;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>What a target and a precision resolve to.</summary>
/// <param name="Target">Provider.</param>
/// <param name="Precision">Precision as named.</param>
/// <param name="Activations">Type of activations, of weights that are not quantised, and of the KV cache.</param>
internal sealed record LoweringPlan(ExportTarget Target, ExportPrecision Precision, OnnxElementType Activations)
{
    /// <summary>Resolves a target and a precision.</summary>
    /// <exception cref="CheckpointException">The target does not run the precision.</exception>
    public static LoweringPlan Resolve(ExportTarget target, ExportPrecision precision) => (target, precision) switch
    {
        (ExportTarget.Cpu, ExportPrecision.Float16) => throw new CheckpointException(
            "precision fp16 for target cpu",
            "is not exported: CPUs compute float16 no faster than float32, and the operators' activations there are float32.",
            "Use fp32 or int4, or target cuda."),
        (ExportTarget.Cpu, ExportPrecision.BFloat16) => throw new CheckpointException(
            "precision bf16 for target cpu",
            "is not exported: the operators' activations there are float32, which holds every bfloat16 weight exactly.",
            "Use fp32 or int4, or target cuda."),
        (ExportTarget.Cuda, ExportPrecision.BFloat16) => new LoweringPlan(target, precision, OnnxElementType.BFloat16),
        (ExportTarget.Cuda, ExportPrecision.Float16 or ExportPrecision.Int4) => new LoweringPlan(target, precision, OnnxElementType.Float16),
        _ => new LoweringPlan(target, precision, OnnxElementType.Float32),
    };

    /// <summary>The resolved precision as manifests state it.</summary>
    public PrecisionManifest Manifest => new(
        Precision.Name(),
        Precision == ExportPrecision.Int4 ? "int4" : Activations.ManifestName(),
        Activations.ManifestName(),
        Activations.ManifestName());
}
