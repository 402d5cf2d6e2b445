namespace EdgeFleet.Agent.Telemetry.Sources;

/// <summary>Temperatures and fans of hardware monitors (Documentation/hwmon/sysfs-interface.rst), but the power monitors of a Jetson.</summary>
internal sealed class HwmonSource(SystemTree tree) : ISensorSource
{
    private const double Millidegree = 1e-3;
    private const double FullFan = 255;
    private const int MostChannels = 16;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var sensors = new List<ISensor>();
        foreach (var monitor in tree.Directories("/sys/class/hwmon", "hwmon*"))
        {
            var name = tree.TryText(monitor + "/name") ?? Path.GetFileName(monitor);
            for (var i = 1; i <= MostChannels; i++)
            {
                var label = tree.TryText($"{monitor}/temp{i}_label") is { Length: > 0 } given ? $"{name} {given}" : i == 1 ? name : $"{name} {i}";
                if (tree.Has($"{monitor}/temp{i}_input")) sensors.Add(new FileSensor(tree, new SensorName(Metrics.TemperatureCelsius, "hwmon", label), $"{monitor}/temp{i}_input", Millidegree));
                if (tree.Has($"{monitor}/fan{i}_input")) sensors.Add(new FileSensor(tree, new SensorName(Metrics.FanRevolutionsPerMinute, "hwmon", label), $"{monitor}/fan{i}_input", 1));
                if (tree.Has($"{monitor}/pwm{i}")) sensors.Add(new FileSensor(tree, new SensorName(Metrics.FanRatio, "hwmon", label), $"{monitor}/pwm{i}", 1 / FullFan));
            }

            // The tachometer of Jetson's carrier boards (tegra tachometer driver) has a file of its own name.
            if (tree.Has(monitor + "/rpm")) sensors.Add(new FileSensor(tree, new SensorName(Metrics.FanRevolutionsPerMinute, "hwmon", name), monitor + "/rpm", 1));
        }

        return sensors;
    }

    public void Dispose()
    {
    }
}
