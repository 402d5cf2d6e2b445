using System.Collections.Immutable;

namespace EdgeFleet.Inference.Profiling;

/// <summary>Where the time of profiled runs went. Shares are to be taken from it, totals never: profiling itself costs time per node.</summary>
/// <param name="Nodes">Times by node, provider and input shapes; the longest first.</param>
/// <param name="Runs">Runs that were profiled.</param>
/// <param name="RunNs">Time of these runs, from end to end.</param>
public sealed record OperatorProfile(ImmutableArray<NodeTime> Nodes, int Runs, long RunNs)
{
    /// <summary>Executions of nodes.</summary>
    public long Executions => Nodes.Sum(static node => node.Count);

    /// <summary>Time in nodes; the rest of <see cref="RunNs"/> is the executor and profiling.</summary>
    public long NodeNs => Nodes.Sum(static node => node.TimeNs);

    /// <summary>Types of nodes that no class is known for.</summary>
    public ImmutableArray<string> UnknownOperators =>
    [
        .. Nodes.Where(static node => node.Class == OperatorClass.Other).Select(static node => node.Operator)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>Share of each class in the time of all nodes; classes without a node are absent.</summary>
    public ImmutableSortedDictionary<OperatorClass, double> Shares
    {
        get
        {
            var total = (double)Math.Max(NodeNs, 1);
            return Nodes.GroupBy(static node => node.Class)
                .ToImmutableSortedDictionary(static group => group.Key, group => group.Sum(static node => node.TimeNs) / total);
        }
    }

    /// <summary>What profiling added per executed node, in nanoseconds; null where nothing was executed.</summary>
    /// <param name="profiledNs">Time of the runs as their caller saw it.</param>
    /// <param name="unprofiledNs">Time of the same runs without profiling, as their caller saw it.</param>
    public double? OverheadPerNodeNs(double profiledNs, double unprofiledNs) => Executions == 0 ? null : (profiledNs - unprofiledNs) / Executions;
}
