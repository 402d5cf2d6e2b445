using System.Collections.Immutable;
using System.Globalization;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Import;

/// <summary>How a convention names a state's input and output; <c>%d</c> stands for the layer.</summary>
/// <param name="Past">Input.</param>
/// <param name="Present">Output.</param>
/// <param name="Kind">What it is.</param>
internal sealed record StatePattern(string Past, string Present, StateKind Kind)
{
    private const string Layer = "%d";

    /// <summary>The names that ONNX Runtime GenAI, Optimum and mobius use.</summary>
    public static ImmutableArray<StatePattern> Usual { get; } =
    [
        new("past_key_values.%d.key", "present.%d.key", StateKind.Kv),
        new("past_key_values.%d.value", "present.%d.value", StateKind.Kv),
        new("past_key_values.%d.conv_state", "present.%d.conv_state", StateKind.Convolution),
        new("past_key_values.%d.ssm_state", "present.%d.ssm_state", StateKind.Recurrent),
        new("past_key_values.%d.recurrent_state", "present.%d.recurrent_state", StateKind.Recurrent),
        new("past_states.%d.conv_state", "present.%d.conv_state", StateKind.Convolution),
        new("past_states.%d.ssm_state", "present.%d.ssm_state", StateKind.Recurrent),
        new("past_conv.%d", "present_conv.%d", StateKind.Convolution),
        new("cache_params.past.conv.%d", "cache_params.present.conv.%d", StateKind.Convolution),
        new("cache_params.past.ssm.%d", "cache_params.present.ssm.%d", StateKind.Recurrent),
    ];

    /// <summary>The pattern that a GenAI folder names, if it does.</summary>
    public static IEnumerable<StatePattern> OfGenAi(ModelConfig? inputs, ModelConfig? outputs, string past, string present, StateKind kind)
    {
        if (inputs?.Has(past) == true && outputs?.Has(present) == true)
            yield return new StatePattern(Check(inputs[past]), Check(outputs[present]), kind);
    }

    /// <summary>The layer of an input that this names, or null.</summary>
    public int? Match(string name)
    {
        var at = Past.IndexOf(Layer, StringComparison.Ordinal);
        var (prefix, suffix) = (Past[..at], Past[(at + Layer.Length)..]);
        if (name.Length <= prefix.Length + suffix.Length
            || !name.StartsWith(prefix, StringComparison.Ordinal) || !name.EndsWith(suffix, StringComparison.Ordinal))
        {
            return null;
        }

        var digits = name.AsSpan(prefix.Length, name.Length - prefix.Length - suffix.Length);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) ? layer : null;
    }

    /// <summary>The output of a layer.</summary>
    public string Output(int layer) => Present.Replace(Layer, layer.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Check(ConfigValue value)
    {
        var pattern = value.Text();
        return pattern.Split(Layer).Length == 2 ? pattern : throw value.Error("a name with %d for the layer");
    }
}
