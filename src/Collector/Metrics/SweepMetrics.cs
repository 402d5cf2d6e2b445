using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Metrics;

/// <summary>Progress of sweeps: the open ones and those that ended last, bounded.</summary>
internal sealed class SweepMetrics
{
    private readonly ConcurrentDictionary<string, Sweep> sweeps = new(StringComparer.Ordinal);

    /// <summary>The sweeps that are shown.</summary>
    public ICollection<Sweep> Shown => sweeps.Values;

    /// <summary>Takes note of where a sweep is.</summary>
    public void Progress(Sweep sweep)
    {
        sweeps[sweep.SweepId] = sweep;
        while (sweeps.Count > SeriesBounds.Sweeps && Oldest() is { } oldest) sweeps.TryRemove(oldest, out _);
    }

    /// <summary>Measurements of the runs by where they are.</summary>
    public IEnumerable<Measurement<long>> Runs()
    {
        foreach (var sweep in sweeps.Values)
        {
            var counts = sweep.Counts;
            foreach (var (state, count) in new (string, uint)[]
            {
                ("queued", counts.Queued), ("issued", counts.Issued), ("completed", counts.Completed), ("failed", counts.Failed), ("out_of_memory", counts.OutOfMemory),
                ("skipped", counts.Skipped), ("cancelled", counts.Cancelled),
            })
            {
                yield return new Measurement<long>(count, new("name", sweep.Definition.Name), new("state", state), new("sweep", sweep.SweepId[..8]));
            }
        }
    }

    private string? Oldest() => sweeps.Values.OrderBy(s => s.EndedUnixNs == 0).ThenBy(s => s.EndedUnixNs).ThenBy(s => s.CreatedUnixNs).FirstOrDefault()?.SweepId;
}
