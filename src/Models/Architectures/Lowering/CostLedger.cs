using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Models.Architectures.Lowering;

/// <summary>Adds up what one token costs while a graph is built (docs/export.md, Cost formulas).</summary>
internal sealed class CostLedger
{
    private readonly SortedDictionary<int, long> _windows = [];
    private long _weightBytes;
    private long _flopPerToken;
    private long _headFlop;
    private long _flopPerPair;

    /// <summary>Bytes of weights that each step reads; a shared block counts at each use.</summary>
    public void ReadWeights(long bytes) => _weightBytes = checked(_weightBytes + bytes);

    /// <summary>A projection from <paramref name="inputs"/> to <paramref name="outputs"/> channels: a multiplication and an addition per weight.</summary>
    public void Project(long outputs, long inputs) => AddPerToken(checked(2 * outputs * inputs));

    /// <summary>FLOP of one token that are in no projection.</summary>
    public void AddPerToken(long flop) => _flopPerToken = checked(_flopPerToken + flop);

    /// <summary>The head's projection of one position.</summary>
    public void ProjectHead(long outputs, long inputs) => _headFlop = checked(2 * outputs * inputs);

    /// <summary>Attention: scores and weighted sum, 2 FLOP per channel each, for each (query, key) pair.</summary>
    public void Attend(int heads, int headSize, int? window)
    {
        var flop = 4L * heads * headSize;
        if (window is { } tokens)
            _windows[tokens] = _windows.GetValueOrDefault(tokens) + flop;
        else
            _flopPerPair += flop;
    }

    /// <summary>The sums.</summary>
    public CostManifest Total() => new(
        _weightBytes, _flopPerToken, _headFlop, _flopPerPair, [.. _windows.Select(window => new WindowCostManifest(window.Key, window.Value))]);
}
