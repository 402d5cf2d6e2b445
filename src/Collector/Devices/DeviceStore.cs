using System.Collections.Immutable;
using System.Text.Json;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Devices;

/// <summary>Rows of devices.</summary>
internal sealed class DeviceStore(Database database, TimeProvider time)
{
    private const string Columns = "SELECT device_id, first_seen_ns, last_seen_ns, hello, quarantined, operator_labels FROM device";

    /// <summary>All devices, by id.</summary>
    public List<DeviceRow> All() => database.Read(sql => sql.Rows(Row, Columns + " ORDER BY device_id"));

    /// <summary>One device, or null.</summary>
    public DeviceRow? Find(string deviceId) => database.Read(sql => sql.First(Row, Columns + " WHERE device_id = $0", deviceId));

    /// <summary>Ids that begin with a prefix; at most two.</summary>
    public List<string> WithPrefix(string prefix) => database.Read(sql =>
        sql.Rows(r => r.GetString(0), "SELECT device_id FROM device WHERE device_id >= $0 AND device_id < $0 || 'g' ORDER BY device_id LIMIT 2", prefix));

    /// <summary>Devices as planning sees them.</summary>
    public List<SweepTarget> Targets(DeviceTable table) =>
        [.. All().Select(d => new SweepTarget(d.DeviceId, d.Labels, d.Hello, table.Find(d.DeviceId) is { Online: true }, d.Quarantined))];

    /// <summary>Stores a hello. A device whose fingerprint contradicts the first one is quarantined.</summary>
    public Task<DeviceRow> GreetAsync(Hello hello)
    {
        var stored = hello.Clone();
        stored.Runs.Clear();
        var now = time.UnixNanoseconds();
        return database.WriteAsync(sql =>
        {
            var fingerprint = JsonSerializer.Serialize(new SortedDictionary<string, string>(hello.HardwareFingerprint, StringComparer.Ordinal));
            var known = sql.Scalar("SELECT fingerprint FROM device WHERE device_id = $0", hello.DeviceId) as string;
            if (known is null)
            {
                sql.Run("INSERT INTO device VALUES($0, $1, $1, $2, $3, 0, '{}')", hello.DeviceId, now, stored, fingerprint);
            }
            else
            {
                var contradicts = JsonSerializer.Deserialize<Dictionary<string, string>>(known)!
                    .Any(p => hello.HardwareFingerprint.TryGetValue(p.Key, out var value) && value != p.Value);
                sql.Run("UPDATE device SET last_seen_ns = $1, hello = $2, quarantined = MAX(quarantined, $3) WHERE device_id = $0", hello.DeviceId, now, stored, contradicts ? 1L : 0L);
            }

            return sql.First(Row, Columns + " WHERE device_id = $0", hello.DeviceId)!;
        });
    }

    /// <summary>Stores that devices were seen.</summary>
    public Task SeenAsync(IReadOnlyCollection<(string DeviceId, long SeenNs)> seen) => database.WriteAsync(sql =>
    {
        foreach (var (device, ns) in seen) sql.Run("UPDATE device SET last_seen_ns = MAX(last_seen_ns, $1) WHERE device_id = $0", device, ns);
    });

    /// <summary>Replaces the labels that operators gave.</summary>
    public Task LabelAsync(string deviceId, IReadOnlyDictionary<string, string> labels) => database.WriteAsync(sql =>
        sql.Run("UPDATE device SET operator_labels = $1 WHERE device_id = $0", deviceId, JsonSerializer.Serialize(new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal))));

    /// <summary>Accepts the fingerprint of the latest hello.</summary>
    public Task AdoptAsync(string deviceId) => database.WriteAsync(sql =>
    {
        var hello = sql.First(Row, Columns + " WHERE device_id = $0", deviceId)!.Hello;
        sql.Run(
            "UPDATE device SET quarantined = 0, fingerprint = $1 WHERE device_id = $0",
            deviceId,
            JsonSerializer.Serialize(new SortedDictionary<string, string>(hello.HardwareFingerprint, StringComparer.Ordinal)));
    });

    /// <summary>Removes a device and skips its queued runs.</summary>
    /// <returns>Sweeps that lost runs.</returns>
    public Task<List<string>> ForgetAsync(string deviceId) => database.WriteAsync(sql =>
    {
        var sweeps = sql.Rows(r => r.GetString(0), "SELECT DISTINCT sweep_id FROM run WHERE device_id = $0 AND state IN (1, 2)", deviceId);
        var end = new RunEnd { Outcome = Outcome.Skipped, Reason = "device_forgotten", Message = "An operator removed the device." };
        sql.Run("UPDATE run SET state = 3, outcome = 4, run_end = $1, ended_ns = $2 WHERE device_id = $0 AND state IN (1, 2)", deviceId, end, time.UnixNanoseconds());
        sql.Run("DELETE FROM device WHERE device_id = $0", deviceId);
        return sweeps;
    });

    private static DeviceRow Row(SqliteDataReader reader) => new()
    {
        DeviceId = reader.GetString(0),
        FirstSeenNs = reader.GetInt64(1),
        LastSeenNs = reader.GetInt64(2),
        Hello = reader.Message(3, Hello.Parser),
        Quarantined = reader.GetInt64(4) != 0,
        OperatorLabels = JsonSerializer.Deserialize<Dictionary<string, string>>(reader.GetString(5))!.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };
}
