using EdgeFleet.Agent.Daemon;
using EdgeFleet.Collector.Schedules;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Serilog;

namespace EdgeFleet.Agent.Schedules;

/// <summary>The collector's latest offer, on disk, so that schedules are kept without it.</summary>
internal sealed class ConfigurationStore
{
    private const int MostSchedules = 64;
    private const int MostRuns = 100_000;
    private readonly string path;
    private readonly ILogger log;
    private volatile ConfigurationOffer current;

    /// <summary>Reads what was kept; a damaged file counts as none, and the collector offers its own again.</summary>
    public ConfigurationStore(string path, ILogger log)
    {
        this.path = path;
        this.log = log;
        current = new ConfigurationOffer();
        try
        {
            if (DurableFile.Read(path) is { } content) current = ConfigurationOffer.Parser.ParseFrom(content);
        }
        catch (Exception error) when (error is InvalidDataException or InvalidProtocolBufferException)
        {
            log.Warning("The kept schedules cannot be read and are left out until the collector offers them again: {Reason}", error.Message);
        }
    }

    /// <summary>Version of what is kept; 0 for none.</summary>
    public ulong Version => current.Version;

    /// <summary>The schedules.</summary>
    public IReadOnlyList<DeviceSchedule> Schedules => current.Schedules?.Schedules ?? [];

    /// <summary>Takes an offer, without the schedules that cannot be performed.</summary>
    public void Take(ConfigurationOffer offer)
    {
        var kept = offer.Clone();
        kept.Schedules = new ScheduleSet();
        kept.Schedules.Schedules.AddRange((offer.Schedules?.Schedules ?? []).Take(MostSchedules).Where(IsSound));
        try
        {
            DurableFile.Write(path, kept.ToByteArray());
        }
        catch (IOException error)
        {
            // The version stays what it was, so that the collector offers it again at the next hello.
            log.Error("The offered schedules could not be kept: {Reason}", error.Message);
            return;
        }

        current = kept;
        log.Information("{Count} schedules are kept for when the collector cannot be reached.", kept.Schedules.Schedules.Count);
    }

    private bool IsSound(DeviceSchedule schedule)
    {
        try
        {
            _ = new Timetable(schedule.Cron, schedule.Zone);
        }
        catch (TimetableException error)
        {
            log.Warning("Schedule {Schedule} cannot be performed offline: {Reason}", schedule.ScheduleId, error.Message);
            return false;
        }

        if (schedule.Repeats > 0 && schedule.Scenarios.Count > 0 && (long)schedule.Repeats * schedule.Scenarios.Count <= MostRuns) return true;
        log.Warning("Schedule {Schedule} has {Scenarios} scenarios and {Repeats} repeats, which cannot be performed offline.", schedule.ScheduleId, schedule.Scenarios.Count, schedule.Repeats);
        return false;
    }
}
