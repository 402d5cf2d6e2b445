namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>
/// How often over-current or under-voltage made a Jetson throttle: counters of the soctherm monitor (Jetson Linux Developer Guide, over-current event
/// status). OC1 is under-voltage, OC2 average and OC3 instantaneous over-current.
/// </summary>
internal sealed class SocThermSource(SystemTree tree) : ISensorSource
{
    private const string Source = "soctherm";
    private const int Events = 3;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var monitor = tree.Directories("/sys/class/hwmon", "hwmon*").FirstOrDefault(directory => tree.TryText(directory + "/name") == "soctherm_oc");
        if (monitor is null)
        {
            missing.Add(new UnavailableSensor(new SensorName(Metrics.ThrottleEvents, Source, "oc1"), "no hardware monitor is called soctherm_oc"));
            return [];
        }

        return [.. Enumerable.Range(1, Events).Select(i => new FileSensor(tree, new SensorName(Metrics.ThrottleEvents, Source, $"oc{i}"), $"{monitor}/oc{i}_event_cnt", 1))];
    }

    public void Dispose()
    {
    }
}
