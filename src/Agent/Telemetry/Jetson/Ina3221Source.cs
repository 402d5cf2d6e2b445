namespace EdgeFleet.Agent.Telemetry.Jetson;

/// <summary>Power rails of a Jetson through its INA3221 monitors (Documentation/hwmon/ina3221.rst): volts times amperes of each channel.</summary>
internal sealed class Ina3221Source(SystemTree tree, JetsonModule module) : ISensorSource
{
    private const string Source = "ina3221";
    private const double Milli = 1e-3;
    private const int Channels = 3;

    // The converter's steps (TI datasheet SBOS576, 8.6): 8 mV of bus voltage, 40 uV of shunt voltage. Boards have shunts of 1 to 5 milliohms.
    private const double ShuntStepVolts = 40e-6;
    private const double UsualShuntOhms = 5e-3;

    public IReadOnlyList<ISensor> Find(ICollection<UnavailableSensor> missing)
    {
        var rails = new Dictionary<string, Rail>(StringComparer.Ordinal);
        foreach (var monitor in tree.Directories("/sys/class/hwmon", "hwmon*"))
        {
            if (tree.TryText(monitor + "/name") != Source) continue;
            for (var channel = 1; channel <= Channels; channel++)
            {
                if (tree.TryText($"{monitor}/in{channel}_label") is not { Length: > 0 } label || label == "NC") continue;
                if (!rails.TryAdd(label, new Rail(tree, monitor, channel)))
                {
                    missing.Add(new UnavailableSensor(Power(label), $"{monitor} channel {channel} has the label of another rail"));
                }
            }
        }

        foreach (var rail in module.Rails.Where(rail => !rails.ContainsKey(rail)))
        {
            var found = rails.Count == 0 ? "no rail is there" : $"there are {string.Join(", ", rails.Keys.Order(StringComparer.Ordinal))}";
            missing.Add(new UnavailableSensor(Power(rail), $"{module.Name} has this rail, but no INA3221 channel has its label: {found}"));
        }

        List<ISensor> sensors = [.. rails.Select(rail => new DerivedSensor(Power(rail.Key), rail.Value.Resolution(), rail.Value.Watts))];
        if (module.TotalRails.Length > 1)
        {
            if (module.TotalRails.All(rails.ContainsKey))
            {
                Rail[] parts = [.. module.TotalRails.Select(rail => rails[rail])];
                sensors.Add(new DerivedSensor(Power(JetsonModule.TotalLabel), parts.Max(part => part.Resolution()), () => parts.Sum(part => part.Watts())));
            }
            else
            {
                missing.Add(new UnavailableSensor(Power(JetsonModule.TotalLabel), $"the sum needs {string.Join(", ", module.TotalRails)}, and not all are there"));
            }
        }

        return sensors;
    }

    public void Dispose()
    {
    }

    private static SensorName Power(string rail) => new(Metrics.PowerWatts, Source, rail);

    private sealed class Rail(SystemTree tree, string monitor, int channel)
    {
        public double Watts() => tree.Number($"{monitor}/in{channel}_input") * Milli * (tree.Number($"{monitor}/curr{channel}_input") * Milli);

        /// <summary>One step of the current at the present voltage, in watts.</summary>
        public double Resolution()
        {
            try
            {
                var ohms = tree.Has($"{monitor}/shunt{channel}_resistor") ? tree.Number($"{monitor}/shunt{channel}_resistor") * 1e-6 : UsualShuntOhms;
                return ohms <= 0 ? 0 : ShuntStepVolts / ohms * tree.Number($"{monitor}/in{channel}_input") * Milli;
            }
            catch (SensorException)
            {
                return 0; // The probe reads the rail itself and says why it cannot.
            }
        }
    }
}
