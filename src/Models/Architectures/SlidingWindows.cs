using System.Collections.Immutable;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Architectures;

/// <summary>Which layers see only a window of the past.</summary>
internal static class SlidingWindows
{
    /// <summary>
    /// Qwen2 and Qwen3: <c>layer_types</c> where it is given, else layers from <c>max_window_layers</c> on; windows exist only with
    /// <c>use_sliding_window</c>.
    /// </summary>
    /// <returns>For each layer the window in tokens, the token itself included, or null.</returns>
    public static ImmutableArray<int?> OfQwen(ModelConfig config, int layers)
    {
        var isUsed = config["use_sliding_window"].Bool(false);

        // An explicit null means none, as in published configurations; only where the key is absent does its default hold.
        var key = config["sliding_window"];
        var isNull = !key.IsPresent && config.Keys.Contains("sliding_window", StringComparer.Ordinal);
        int? window = isUsed && !isNull ? key.Int(1, int.MaxValue - 1, 4096) : null;
        var types = config["layer_types"];
        if (types.IsPresent)
        {
            return [.. types.Array(layers, layers).Select(type => type.Choice(("full_attention", false), ("sliding_attention", true))
                ? window ?? throw type.Error("full_attention, as use_sliding_window is false or sliding_window null")
                : (int?)null)];
        }

        var first = config["max_window_layers"].Int(0, int.MaxValue - 1, 28);
        return [.. Enumerable.Range(0, layers).Select(layer => layer >= first ? window : null)];
    }
}
