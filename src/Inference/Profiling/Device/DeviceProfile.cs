using System.Collections.Immutable;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>Where a GPU's time went in one phase.</summary>
/// <param name="Kernels">
/// Times by kernel and class, the longest first; a kernel that no class is known for is in <see cref="OperatorClass.Other"/>. Kernels overlap where
/// one may start while the one in front still runs: what they share is the earlier one's, so that the times sum up to the busy time.
/// </param>
/// <param name="BusyNs">Time in which the GPU did anything: overlaps count once.</param>
/// <param name="SpanNs">From the first start to the last end.</param>
public sealed record DeviceProfile(ImmutableArray<NodeTime> Kernels, long BusyNs, long SpanNs)
{
    /// <summary>Name of the provider that kernels are reported for.</summary>
    public const string Provider = "CUDAExecutionProvider";

    /// <summary>Time in which the GPU waited for launches: gaps between activities, as they were under the recorder.</summary>
    public long GapNs => SpanNs - BusyNs;

    /// <summary>Sums up activities.</summary>
    /// <param name="activities">Of one phase, in the order of their starts.</param>
    public static DeviceProfile Of(ImmutableArray<DeviceActivity> activities)
    {
        if (activities.IsEmpty)
        {
            return new DeviceProfile([], 0, 0);
        }

        var classes = KernelClasses.InOrder(activities.AsSpan());
        var own = OwnTimes(activities);
        ImmutableArray<NodeTime> kernels =
        [
            .. activities.Zip(classes, own)
                .GroupBy(static item => (Name: KernelName.Short(item.First.Name), Class: item.Second))
                .Select(static group => new NodeTime(
                    group.Key.Name, group.Key.Name, group.Key.Class, Provider, string.Empty, group.Count(), group.Sum(static item => item.Third)))
                .OrderByDescending(static kernel => kernel.TimeNs).ThenBy(static kernel => kernel.Node, StringComparer.Ordinal),
        ];
        return new DeviceProfile(kernels, own.Sum(), activities.Max(static activity => activity.EndNs) - activities[0].StartNs);
    }

    private static long[] OwnTimes(ImmutableArray<DeviceActivity> activities)
    {
        var own = new long[activities.Length];
        var until = long.MinValue;
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = Math.Max(0, activities[i].EndNs - Math.Max(activities[i].StartNs, until));
            until = Math.Max(until, activities[i].EndNs);
        }

        return own;
    }
}
