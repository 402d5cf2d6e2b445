using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>
/// Reads rotary embedding from a configuration in either spelling: <c>rope_theta</c> with <c>rope_scaling</c>, or <c>rope_parameters</c>
/// (transformers 5). The meaning of the keys is that of transformers' modeling_rope_utils.py.
/// </summary>
internal static class RotaryReader
{
    private const double GreatestFactor = 1e6;
    private const double GreatestBase = 1e15;
    private const int GreatestContext = 1 << 28;

    /// <summary>Reads the parameters.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="headSize">Channels per head.</param>
    /// <param name="defaultBase">Base where the configuration has none.</param>
    /// <exception cref="CheckpointException">The scaling is not supported, or a value is out of range.</exception>
    public static RotaryParameters Read(ModelConfig config, int headSize, double defaultBase = 10_000)
    {
        var section = config["rope_parameters"].SectionOrNull();
        var scaling = section ?? config["rope_scaling"].SectionOrNull();
        var @base = (section?.Has("rope_theta") == true ? section : config)["rope_theta"].Float(1, GreatestBase, defaultBase);
        var fraction = (section?.Has("partial_rotary_factor") == true ? section : config)["partial_rotary_factor"].Float(0, 1, 1);
        var dimension = (int)(headSize * fraction);
        if (dimension < 2 || dimension % 2 != 0)
        {
            throw new CheckpointException(
                $"{config.Location}, keys 'head_dim' and 'partial_rotary_factor'",
                $"rotate {dimension} of {headSize} channels of a head; an even number of at least 2 is needed.",
                "Compare it with the model's published config.json.");
        }

        return new RotaryParameters(dimension, @base, scaling is null ? null : ReadScaling(config, scaling, dimension));
    }

    private static RotaryScalingManifest? ReadScaling(ModelConfig config, ModelConfig scaling, int dimension)
    {
        var type = scaling.Has("rope_type") ? scaling["rope_type"] : scaling["type"];
        if (!type.IsPresent)
        {
            return scaling.Keys.All(key => key is "rope_theta" or "partial_rotary_factor")
                ? null
                : throw type.Error("the kind of scaling: default, linear, llama3, longrope or yarn");
        }

        // Phi-3's first configurations call longrope 'su' and 'yarn' (configuration_phi3.py).
        var isPhi3 = config["model_type"].TextOrNull() == "phi3";
        return type.Text() switch
        {
            "default" => null,
            "linear" => new RotaryScalingManifest { Type = "linear", Factor = Factor(scaling) },
            "llama3" => ReadLlama3(config, scaling),
            "longrope" => ReadLongRope(config, scaling, dimension),
            "su" or "yarn" when isPhi3 => ReadLongRope(config, scaling, dimension),
            "yarn" => ReadYarn(config, scaling),
            "dynamic" => throw new CheckpointException(
                $"{type.Location}, key '{type.Key}'",
                "is \"dynamic\", which changes the rotation of new tokens with the length of the sequence while cached keys keep theirs.",
                "Remove it to run with the trained context, or use linear, llama3, longrope or yarn."),
            _ => throw type.Error("default, linear, llama3, longrope or yarn"),
        };
    }

    private static RotaryScalingManifest ReadLlama3(ModelConfig config, ModelConfig scaling)
    {
        var low = scaling["low_freq_factor"].Float(1e-6, GreatestFactor);
        var high = scaling["high_freq_factor"].Float(1e-6, GreatestFactor);
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

        // The ratio of the two contexts stands where the configuration has the original one; else the factor itself.
        double factor;
        if (config.Has("original_max_position_embeddings") || !scaling.Has("factor"))
            factor = (double)config["max_position_embeddings"].Int(1, GreatestContext) / original;
        else
            factor = Factor(scaling);

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
        RequireDefault(scaling["beta_fast"], 32);
        RequireDefault(scaling["beta_slow"], 1);
        if (!scaling["truncate"].Bool(true))
            throw scaling["truncate"].Error("true: bounds of the ramp that are not whole are not supported");

        var factor = Factor(scaling);
        return new RotaryScalingManifest
        {
            Type = "yarn",
            Factor = factor,
            OriginalContext = OriginalContext(config, scaling),
            AttentionFactor = scaling["attention_factor"].FloatOrNull(0, GreatestFactor) ?? YarnAttention(scaling, factor),
        };
    }

    private static double YarnAttention(ModelConfig scaling, double factor)
    {
        double Magnitude(double weight) => factor <= 1 ? 1 : (0.1 * weight * Math.Log(factor)) + 1;

        var weight = scaling["mscale"].Float(0, GreatestFactor, 0);
        var weightOfAll = scaling["mscale_all_dim"].Float(0, GreatestFactor, 0);
        return weight > 0 && weightOfAll > 0 ? Magnitude(weight) / Magnitude(weightOfAll) : Magnitude(1);
    }

    private static void RequireDefault(ConfigValue value, double expected)
    {
        if (value.IsPresent && value.Float(0, GreatestFactor) != expected)
            throw value.Error(FormattableString.Invariant($"{expected}: other ramps of yarn are not supported"));
    }

    private static double Factor(ModelConfig scaling) => scaling["factor"].Float(1e-6, GreatestFactor);

    private static int OriginalContext(ModelConfig config, ModelConfig scaling)
    {
        const string Key = "original_max_position_embeddings";
        if (scaling.Has(Key))
            return scaling[Key].Int(1, GreatestContext);

        return config.Has(Key) ? config[Key].Int(1, GreatestContext) : config["max_position_embeddings"].Int(1, GreatestContext);
    }

    private static ImmutableArray<double> Factors(ConfigValue value, int dimension) =>
        [.. value.Array(dimension / 2, dimension / 2).Select(factor => factor.Float(1e-6, GreatestFactor))];
}
