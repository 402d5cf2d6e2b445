using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeFleet.Collector.Artifacts;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace EdgeFleet.Collector.Schedules;

/// <summary>Rows of schedules.</summary>
internal sealed class ScheduleStore(Database database, DeviceStore devices)
{
    private const int MostPerDevice = 64;
    private const int MostScenariosPerDevice = 10_000;
    private const string Columns =
        "SELECT schedule_id, name, cron, zone, misfire, grace_ns, definition, paused, next_fire_ns, last_fire_ns, last_sweep_id, last_error, missed FROM schedule";

    /// <summary>All schedules, by name.</summary>
    public List<Schedule> All() => database.Read(sql => sql.Rows(Row, Columns + " ORDER BY name"));

    /// <summary>One schedule by id or name, or null.</summary>
    public Schedule? Find(string idOrName) => database.Read(sql => sql.First(Row, Columns + " WHERE schedule_id = $0 OR name = $0", idOrName));

    /// <summary>Schedules that are due.</summary>
    public List<Schedule> Due(long nowNs) => database.Read(sql => sql.Rows(Row, Columns + " WHERE paused = 0 AND next_fire_ns > 0 AND next_fire_ns <= $0 ORDER BY next_fire_ns", nowNs));

    /// <summary>Adds a schedule.</summary>
    /// <exception cref="RequestException">Its name is taken.</exception>
    public Task AddAsync(Schedule schedule) => database.WriteAsync(sql =>
    {
        if (sql.Scalar("SELECT 1 FROM schedule WHERE name = $0", schedule.Name) is not null) throw RequestException.Exists($"There is a schedule named '{schedule.Name}'.");
        sql.Run(
            "INSERT INTO schedule VALUES($0, $1, $2, $3, $4, $5, $6, 0, $7, 0, '', '', 0)",
            schedule.ScheduleId, schedule.Name, schedule.Cron, schedule.Zone, schedule.Misfire, schedule.MisfireGraceNs, schedule.Definition, schedule.NextFireUnixNs);
    });

    /// <summary>Stops or restarts a schedule.</summary>
    public Task PauseAsync(string scheduleId, bool paused, long nextFireNs) =>
        database.WriteAsync(sql => sql.Run("UPDATE schedule SET paused = $1, next_fire_ns = $2 WHERE schedule_id = $0", scheduleId, paused ? 1L : 0L, nextFireNs));

    /// <summary>Removes a schedule.</summary>
    public Task RemoveAsync(string scheduleId) => database.WriteAsync(sql => sql.Run("DELETE FROM schedule WHERE schedule_id = $0", scheduleId));

    /// <summary>Claims an occasion within a write: moves the schedule on, unless somebody has.</summary>
    /// <returns>Whether the claim is ours.</returns>
    public static bool Advance(Sql sql, Schedule schedule, Timetable.Decision decision, string sweepId, string error) => sql.Run(
        """
        UPDATE schedule SET next_fire_ns = $2, missed = missed + $3, last_error = $4,
            last_fire_ns = CASE WHEN $5 > 0 THEN $5 ELSE last_fire_ns END, last_sweep_id = CASE WHEN $6 <> '' THEN $6 ELSE last_sweep_id END
        WHERE schedule_id = $0 AND next_fire_ns = $1
        """,
        schedule.ScheduleId, schedule.NextFireUnixNs, decision.Next?.ToUnixNanoseconds() ?? 0, (long)decision.Missed, error, decision.Fire?.ToUnixNanoseconds() ?? 0, sweepId) > 0;

    /// <summary>Claims an occasion that launches nothing.</summary>
    public Task AdvanceAsync(Schedule schedule, Timetable.Decision decision, string error) => database.WriteAsync(sql => Advance(sql, schedule, decision, "", error));

    /// <summary>The schedules of one device, expanded, and their version. A schedule whose models are not known (any more) is left out.</summary>
    public (ulong Version, ScheduleSet Set) For(string deviceId, ModelRegistry models)
    {
        var set = new ScheduleSet();
        if (devices.Find(deviceId) is { Quarantined: false } device)
        {
            foreach (var schedule in All().Where(s => !s.Paused).Take(MostPerDevice))
            {
                if (Expand(schedule, device, models) is { } expanded) set.Schedules.Add(expanded);
            }
        }

        var version = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(set.ToByteArray()));
        return (version == 0 ? 1 : version, set);
    }

    private static DeviceSchedule? Expand(Schedule schedule, DeviceRow device, ModelRegistry models)
    {
        var definition = schedule.Definition;
        if (!SweepRules.Selector(definition).Matches(device.DeviceId, device.Labels) || SweepPlanner.Count(definition, 1) / definition.Repeats > MostScenariosPerDevice) return null;
        List<ModelEntry> entries;
        try
        {
            entries = models.Resolve(definition.Models);
        }
        catch (RequestException)
        {
            // The schedule says so itself, in last_error, when it is due.
            return null;
        }

        var expanded = new DeviceSchedule
        {
            ScheduleId = schedule.ScheduleId,
            Cron = schedule.Cron,
            Zone = schedule.Zone,
            Misfire = schedule.Misfire,
            MisfireGraceNs = schedule.MisfireGraceNs,
            Repeats = definition.Repeats,
            Engine = definition.Engine,
            TimeoutNs = definition.TimeoutNs,
        };
        expanded.Scenarios.Add(SweepPlanner.Scenarios(definition, entries, device.Hello).Where(s => s.Skipped is null).Select(s => s.Scenario.ToContract()));
        foreach (var entry in entries.Where(e => e.ArtifactId.Length == 0 && e.EntryJson.Length > 0)) expanded.CatalogueEntries[entry.Name] = entry.EntryJson;
        return expanded;
    }

    private static Schedule Row(SqliteDataReader reader) => new()
    {
        ScheduleId = reader.GetString(0),
        Name = reader.GetString(1),
        Cron = reader.GetString(2),
        Zone = reader.GetString(3),
        Misfire = (MisfirePolicy)reader.GetInt64(4),
        MisfireGraceNs = reader.GetInt64(5),
        Definition = reader.Message(6, SweepDefinition.Parser),
        Paused = reader.GetInt64(7) != 0,
        NextFireUnixNs = reader.GetInt64(8),
        LastFireUnixNs = reader.GetInt64(9),
        LastSweepId = reader.GetString(10),
        LastError = reader.GetString(11),
        Missed = (ulong)reader.GetInt64(12),
    };
}
