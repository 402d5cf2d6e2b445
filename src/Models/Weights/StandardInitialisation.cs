namespace EdgeFleet.Models.Weights;

/// <summary>
/// The initialisation that suits a tensor, told from its name as checkpoints of the supported architectures spell it. Scales follow
/// fan-in, so that activations neither vanish nor leave float16's range at any width or depth.
/// </summary>
public static class StandardInitialisation
{
    private const double EmbeddingDeviation = 0.02;

    /// <summary>The initialisation for a tensor.</summary>
    /// <param name="name">Name in a checkpoint, e.g. <c>backbone.layers.0.mixer.A_log</c>.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="layers">Number of decoder layers; projections into the residual stream shrink with it, as in GPT-2.</param>
    public static WeightInitialisation For(string name, ReadOnlySpan<long> shape, int layers)
    {
        var last = LastSegments(name, 1);
        var two = LastSegments(name, 2);
        return last switch
        {
            "A_log" when shape.Length == 2 => new WeightInitialisation.LogOfColumn(),
            "A_log" => new WeightInitialisation.LogOfUniform(1, 16),
            "D" => WeightInitialisation.Ones,
            "dt_bias" => new WeightInitialisation.TimeStepBias(),
            _ when two == "dt_proj.bias" => new WeightInitialisation.TimeStepBias(),
            // PyTorch's default for Conv1d: uniform within 1 / sqrt(fan-in), which for a depthwise convolution is its width.
            _ when two == "conv1d.weight" => new WeightInitialisation.Uniform(1 / Math.Sqrt(shape[^1])),
            "bias" when two != "conv1d.bias" && !IsNorm(two) => new WeightInitialisation.Normal(EmbeddingDeviation),
            "bias" => WeightInitialisation.Zeros,
            _ when shape.Length < 2 => WeightInitialisation.Ones,
            _ when IsEmbedding(two) => new WeightInitialisation.Normal(EmbeddingDeviation),
            _ when two == "dt_proj.weight" => new WeightInitialisation.Uniform(1 / Math.Sqrt(shape[^1])),
            _ when IsResidualOutput(two) => WeightInitialisation.FanIn(shape[^1], 1 / Math.Sqrt(2.0 * Math.Max(1, layers))),
            _ => WeightInitialisation.FanIn(shape[^1]),
        };
    }

    private static bool IsNorm(string two) =>
        two.StartsWith("ln_", StringComparison.Ordinal) || two.Contains("norm", StringComparison.Ordinal);

    private static bool IsEmbedding(string two) =>
        two is "embed_tokens.weight" or "embeddings.weight" or "embedding.weight" or "wte.weight" or "wpe.weight" or "lm_head.weight";

    private static bool IsResidualOutput(string two) =>
        two is "o_proj.weight" or "out_proj.weight" or "down_proj.weight" or "c_proj.weight";

    private static string LastSegments(string name, int count)
    {
        var start = name.Length;
        for (var i = 0; i < count && start > 0; i++)
        {
            start = name.LastIndexOf('.', start - 1);
            if (start < 0)
            {
                return name;
            }
        }

        return name[(start + 1)..];
    }
}
