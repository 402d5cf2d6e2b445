using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>
/// Options of ONNX Runtime's TensorRT provider for an artifact: engines and timings are kept per GPU and version, the operators of domain
/// <c>edgefleet</c> stay with CUDA, and a graph that goes to TensorRT whole gets one shape profile for steps and one for prefill.
/// </summary>
internal static class TensorRtOptions
{
    private const string ExcludedOperators = "Attention,CausalConv1d,ConvStateSpaceDual,GatedActivation,GroupQueryAttention,Linear,MatMulNBits,RmsNorm,SelectiveScan,StateSpaceDual";

    /// <summary>The options by ONNX Runtime's keys.</summary>
    /// <param name="manifest">The artifact.</param>
    /// <param name="shape">Sizes that the session will run at; null where they are not known.</param>
    /// <param name="cache">Directory of engines and timings of this GPU and these versions; null keeps none.</param>
    /// <exception cref="RuntimeLoadException">The artifact is bfloat16.</exception>
    public static ImmutableSortedDictionary<string, string> Of(ArtifactManifest manifest, DecoderShape? shape, string? cache)
    {
        // TensorRT could not be run with it yet, and not every runtime since 1.23 knows the option (trt_bf16_enable).
        if (manifest.Precision.Activations == "bfloat16")
            throw new RuntimeLoadException($"{manifest.Name}: precision bf16 is not offered for TensorRT. Use provider cuda, or precision fp16.");

        var options = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        options["trt_fp16_enable"] = manifest.Precision.Activations == "float16" ? "1" : "0";
        options["trt_op_types_to_exclude"] = ExcludedOperators;
        if (cache is not null)
        {
            options["trt_engine_cache_enable"] = "1";
            options["trt_engine_cache_path"] = cache;
            options["trt_timing_cache_enable"] = "1";
            options["trt_timing_cache_path"] = cache;
        }

        // Where a node stays with CUDA, engines begin at values inside the graph, whose profiles nobody can state: TensorRT then widens its
        // ranges as shapes come. The provider refuses a profile that leaves an input of an engine out.
        if (shape is not null && TakesAll(manifest))
        {
            // Steps first, then prefill: of one token behind nothing, as usual, and at most.
            var last = shape.TotalLength - 1;
            options["trt_profile_min_shapes"] = Profile(manifest, shape, new Span(1, 0), new Span(1, 0));
            options["trt_profile_opt_shapes"] = Profile(manifest, shape, new Span(1, last), new Span(shape.TotalLength, 0));
            options["trt_profile_max_shapes"] = Profile(manifest, shape, new Span(1, last), new Span(shape.TotalLength, last));
        }

        return options.ToImmutable();
    }

    /// <summary>Directory for engines of a GPU: another GPU, driver, TensorRT or ONNX Runtime builds its own.</summary>
    /// <param name="root">Directory of all.</param>
    /// <param name="gpu">The GPU.</param>
    /// <param name="driverCuda">CUDA version of the driver.</param>
    /// <param name="tensorRt">TensorRT's version.</param>
    /// <param name="onnxRuntime">ONNX Runtime's version.</param>
    public static string CacheDirectory(string root, GpuDescription gpu, string driverCuda, string tensorRt, string onnxRuntime)
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{gpu.Name}-sm{gpu.Major}{gpu.Minor}-cuda{driverCuda}-tensorrt{tensorRt}-onnxruntime{onnxRuntime}");
        return Path.Combine(root, string.Concat(name.Select(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_')));
    }

    private static bool TakesAll(ArtifactManifest manifest) =>
        manifest.MinimumOperatorVersion == 0 && manifest.Routes.All(static route => route.Route is not ("contrib" or "fused-custom"));

    // A profile is a list of name:1x2x3; an input that is named twice has two profiles.
    private static string Profile(ArtifactManifest manifest, DecoderShape shape, params ReadOnlySpan<Span> spans)
    {
        var parts = new List<string>();
        foreach (var (tokens, past) in spans)
        {
            foreach (var input in manifest.Inputs)
            {
                long[] dimensions = input.Role switch
                {
                    InputRole.TokenIds or InputRole.PositionIds => [shape.Batch, tokens],
                    InputRole.LogitsIndices => [1],
                    InputRole.AttentionMask => [shape.Batch, Math.Min(past + tokens, shape.TotalLength)],
                    InputRole.LastPositions => [shape.Batch],
                    _ => [],
                };
                Add(parts, input.Name, dimensions);
            }

            foreach (var state in manifest.States)
            {
                Add(parts, state.Input, [.. state.Shape.Select(dimension => dimension switch
                {
                    StateManifest.Batch => shape.Batch,
                    StateManifest.Capacity => state.Update == StateUpdate.InPlace ? shape.Capacity : past,
                    _ => dimension,
                })]);
            }
        }

        return string.Join(',', parts);
    }

    private static void Add(List<string> parts, string name, ReadOnlySpan<long> dimensions)
    {
        if (!dimensions.IsEmpty)
        {
            parts.Add($"{name}:{string.Join('x', dimensions.ToArray().Select(static dimension => dimension.ToString(CultureInfo.InvariantCulture)))}");
        }
    }

    private readonly record struct Span(int Tokens, int Past);
}
