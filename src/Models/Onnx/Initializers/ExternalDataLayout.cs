using System.Collections.Frozen;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>Where each initialiser's bytes are in the external data file.</summary>
internal sealed class ExternalDataLayout
{
    /// <summary>Alignment of each tensor: a page, so that ONNX Runtime can map it.</summary>
    public const long Alignment = 4096;

    private readonly FrozenDictionary<string, (long Offset, long Bytes)> _ranges;

    /// <summary>Lays recipes out one behind the other.</summary>
    public ExternalDataLayout(IReadOnlyList<InitializerRecipe> recipes)
    {
        var ranges = new Dictionary<string, (long, long)>(StringComparer.Ordinal);
        long end = 0;
        foreach (var recipe in recipes)
        {
            var offset = (end + Alignment - 1) / Alignment * Alignment;
            ranges.Add(recipe.Name, (offset, recipe.Bytes));
            end = checked(offset + recipe.Bytes);
        }

        _ranges = ranges.ToFrozenDictionary(StringComparer.Ordinal);
        TotalBytes = end;
    }

    /// <summary>Size of the file.</summary>
    public long TotalBytes { get; }

    /// <summary>The range of an initialiser.</summary>
    public (long Offset, long Bytes) this[string name] => _ranges[name];
}
