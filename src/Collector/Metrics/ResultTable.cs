using System.Collections.Concurrent;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Metrics;

/// <summary>The last result of each series, bounded (docs/metrics.md, cardinality). What does not fit is counted, not stored.</summary>
internal sealed class ResultTable
{
    /// <summary>Most distinct contexts, models, hardware classes and conditions.</summary>
    public const int MostValues = 200;

    private readonly ConcurrentDictionary<ResultSeries, Run> last = new();
    private readonly ConcurrentDictionary<string, byte> contexts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> hardware = new(StringComparer.Ordinal);
    private long overflow;

    /// <summary>Results that found no room.</summary>
    public long Overflow => Interlocked.Read(ref overflow);

    /// <summary>All series with their last run.</summary>
    public IEnumerable<KeyValuePair<ResultSeries, Run>> All => last;

    /// <summary>Reads the last results of the database, so that a restart leaves no gap.</summary>
    public void Load(Database database, long sinceNs)
    {
        var rows = database.Read(sql => sql.Rows(
            r => new Run { RunId = r.GetString(0), DeviceId = r.GetString(1), Scenario = r.Message(2, Scenario.Parser), Result = r.Message(3, RunResult.Parser), EndedUnixNs = r.GetInt64(4) },
            """
            SELECT run_id, device_id, scenario, result, MAX(ended_ns) FROM run WHERE outcome = 1 AND reused_run_id = '' AND result IS NOT NULL AND ended_ns >= $0
            GROUP BY device_id, scenario_hash, conditions ORDER BY 5
            """,
            sinceNs));
        foreach (var run in rows.Where(r => !r.Result.Invalid)) Put(run);
    }

    /// <summary>Takes a valid result.</summary>
    public void Put(Run run)
    {
        var series = ResultSeries.Of(run);
        var known = last.ContainsKey(series);
        if (known || (last.Count < SeriesBounds.Results && Admit(contexts, series.Context) && Admit(models, series.Model))) last[series] = run;
        else Interlocked.Increment(ref overflow);
    }

    /// <summary>Removes the series of a device.</summary>
    public void Forget(string deviceId)
    {
        foreach (var series in last.Keys.Where(s => s.Device == deviceId[..12])) last.TryRemove(series, out _);
    }

    /// <summary>A model's name as a label; <c>other</c> beyond the bound.</summary>
    public string ModelLabel(string model) => Bounded(models, model);

    /// <summary>A hardware class as a label; <c>other</c> beyond the bound.</summary>
    public string HardwareLabel(string name) => Bounded(hardware, name);

    private string Bounded(ConcurrentDictionary<string, byte> values, string value)
    {
        if (Admit(values, value)) return value;
        Interlocked.Increment(ref overflow);
        return "other";
    }

    private static bool Admit(ConcurrentDictionary<string, byte> values, string value) => values.ContainsKey(value) || (values.Count < MostValues && (values.TryAdd(value, 0) || true));
}
