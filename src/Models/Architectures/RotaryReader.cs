using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Reads rotary embedding from a configuration in either spelling: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>
/// (transformers 5). The meaning of the keys, and which wins where two say the same, is that of transformers 5's modeling_rope_utils.py.
/// </summary>
internal static class RotaryReader
{
    private const double LeastFactor = 1e-6;
    private const double GreatestFactor = 1e6;
    private const double GreatestBase = 1e15;
    private const int GreatestContext = 1 << 28;
    private const int Phi3OriginalContext = 4096;

    /// <summary>Reads the parameters.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="headSize">Channels per head.</param>
    /// <param name="defaultBase">Base where the configuration has none.</param>
    /// <param name="canRotatePart">Whether the architecture honours <c>partial_rotary_factor</c>.</param>
    /// <exception cref="CheckpointException">The scaling is not supported, or a value is out of range.</exception>
    public static RotaryParameters Read(ModelConfig config, int headSize, double defaultBase = 10_000, bool canRotatePart = false)
    {
        var section = Section(config["rope_scaling"]) ?? Section(config["rope_parameters"]);
        var @base = (section?.Has("rope_theta") == true ? section : config)["rope_theta"].Float(1, GreatestBase, defaultBase);
        var part = (section?.Has("partial_rotary_factor") == true ? section : config)["partial_rotary_factor"];
        var share = part.Float(0, 1, 1);
        var type = Type(config, section);

        // Without scaling, transformers ignores the key where heads are rotated whole; with it, its tensors do not fit each other.
        if (!canRotatePart && type is not (null or "proportional") && share != 1)
            throw part.Error($"1: with rope type {type} {config["model_type"].Text()} rotates whole heads");

        var dimension = canRotatePart ? (int)(headSize * share) : headSize;
        if (dimension < 2 || dimension % 2 != 0)
        {
            throw new CheckpointException(
                $"{config.Location}, keys 'head_dim' and 'partial_rotary_factor'",
                $"rotate {dimension} of {headSize} channels of a head; an even number of at least 2 is needed.",
                "Compare it with the model's published config.json.");
        }

        return new RotaryParameters(dimension, @base, type is null ? null : ReadScaling(config, section!, type, (dimension, share)));
    }

    // Python's "or": an empty object counts as none.
    private static ModelConfig? Section(ConfigValue value) => value.SectionOrNull() is { } section && section.Keys.Any() ? section : null;

    // The kind of scaling, null for none.
    private static string? Type(ModelConfig config, ModelConfig? section)
    {
        if (section is null)
            return null;

        var type = section.Has("rope_type") ? section["rope_type"] : section["type"];
        if (!type.IsPresent)
        {
            return section.Keys.All(key => key is "rope_theta" or "partial_rotary_factor")
                ? null
                : throw type.Error("the kind of scaling: default, linear, llama3, longrope, yarn, dynamic or proportional");
        }

        return type.Text() switch
        {
            "default" => null,

            // Phi-3's first configurations call longrope 'su' and 'yarn' (configuration_phi3.py).
            "longrope" or "su" or "yarn" when IsPhi3(config) => "longrope",
            _ when IsPhi3(config) => throw type.Error("default or longrope"),
            var known and ("linear" or "llama3" or "longrope" or "yarn" or "dynamic" or "proportional") => known,
            _ => throw type.Error("default, linear, llama3, longrope, yarn, dynamic or proportional"),
        };
    }

    private static RotaryScalingManifest ReadScaling(ModelConfig config, ModelConfig scaling, string type, (int Dimension, double Share) rotated) =>
        type switch
        {
            "linear" => new RotaryScalingManifest { Type = type, Factor = Factor(scaling) },
            "llama3" => ReadLlama3(config, scaling),
            "longrope" => ReadLongRope(config, scaling, rotated.Dimension),
            "yarn" => ReadYarn(config, scaling),
            "dynamic" => ReadDynamic(config, scaling, rotated.Dimension),
            _ => new RotaryScalingManifest
            {
                Type = type,
                Factor = scaling["factor"].Float(LeastFactor, GreatestFactor, 1),
                RotatedShare = rotated.Share,
            },
        };

    private static RotaryScalingManifest ReadLlama3(ModelConfig config, ModelConfig scaling)
    {
        var low = scaling["low_freq_factor"].Float(LeastFactor, GreatestFactor);
        var high = scaling["high_freq_factor"].Float(LeastFactor, GreatestFactor);
        if (high <= low)
            throw scaling["high_freq_factor"].Error($"more than low_freq_factor, which is {low}");

        return new RotaryScalingManifest
        {
            Type = "llama3",
            Factor = Factor(scaling),
            LowFrequencyFactor = low,
            HighFrequencyFactor = high,
            OriginalContext = OriginalContext(config, scaling),
        };
    }

    private static RotaryScalingManifest ReadLongRope(ModelConfig config, ModelConfig scaling, int dimension)
    {
        var original = OriginalContext(config, scaling);
        var factor = FactorOrRatio(config, scaling, original);
        return new RotaryScalingManifest
        {
            Type = "longrope",
            Factor = factor,
            OriginalContext = original,
            ShortFactors = Factors(scaling["short_factor"], dimension),
            LongFactors = Factors(scaling["long_factor"], dimension),
            AttentionFactor = scaling["attention_factor"].FloatOrNull(0, GreatestFactor)
                ?? (factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(original)))),
        };
    }

    private static RotaryScalingManifest ReadYarn(ModelConfig config, ModelConfig scaling)
    {
        var original = OriginalContext(config, scaling);
        var factor = FactorOrRatio(config, scaling, original);
        return new RotaryScalingManifest
        {
            Type = "yarn",
            Factor = factor,
            OriginalContext = original,
            AttentionFactor = scaling["attention_factor"].FloatOrNull(0, GreatestFactor) ?? YarnAttention(scaling, factor),
            BetaFast = Rotations(scaling["beta_fast"]),
            BetaSlow = Rotations(scaling["beta_slow"]),
            Truncate = scaling["truncate"].Bool(true) ? null : false,
        };
    }

    // Within the trained context it changes nothing; beyond, the base grows with the total length.
    private static RotaryScalingManifest ReadDynamic(ModelConfig config, ModelConfig scaling, int dimension)
    {
        if (dimension <= 2)
            throw scaling["rope_type"].Error("linear, llama3, longrope or yarn: dynamic needs more than 2 channels");

        return new RotaryScalingManifest
        {
            Type = "dynamic",
            Factor = scaling["factor"].Float(1, GreatestFactor),
            OriginalContext = config["max_position_embeddings"].Int(1, GreatestContext),
        };
    }

    private static double YarnAttention(ModelConfig scaling, double factor)
    {
        double Magnitude(double weight) => factor <= 1 ? 1 : (0.1 * weight * Math.Log(factor)) + 1;

        var weight = scaling["mscale"].Float(0, GreatestFactor, 0);
        var weightOfAll = scaling["mscale_all_dim"].Float(0, GreatestFactor, 0);
        return weight > 0 && weightOfAll > 0 ? Magnitude(weight) / Magnitude(weightOfAll) : Magnitude(1);
    }

    // Zero stands for the default, as in Python's "or".
    private static double? Rotations(ConfigValue value) => value.FloatOrNull(0, GreatestFactor) is > 0 and var rotations ? rotations : null;

    private static double Factor(ModelConfig scaling) => scaling["factor"].Float(LeastFactor, GreatestFactor);

    private static double FactorOrRatio(ModelConfig config, ModelConfig scaling, int original) =>
        scaling.Has("factor") ? Factor(scaling) : (double)config["max_position_embeddings"].Int(1, GreatestContext) / original;

    private static int OriginalContext(ModelConfig config, ModelConfig scaling)
    {
        const string Key = "original_max_position_embeddings";
        if (config.Has(Key) || IsPhi3(config))
            return config[Key].Int(1, GreatestContext, Phi3OriginalContext);

        return scaling.Has(Key) ? scaling[Key].Int(1, GreatestContext) : config["max_position_embeddings"].Int(1, GreatestContext);
    }

    private static bool IsPhi3(ModelConfig config) => config["model_type"].TextOrNull() == "phi3";

    private static ImmutableArray<double> Factors(ConfigValue value, int dimension) =>
        [.. value.Array(dimension / 2, dimension / 2).Select(factor => factor.Float(LeastFactor, GreatestFactor))];
}
