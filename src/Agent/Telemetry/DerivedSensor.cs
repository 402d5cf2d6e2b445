namespace EdgeFleet.Agent.Telemetry;

/// <summary>A sensor whose value is computed.</summary>
/// <param name="name">What it reads.</param>
/// <param name="resolution">Smallest difference between two values.</param>
/// <param name="read">Reads it.</param>
internal sealed class DerivedSensor(SensorName name, double resolution, Func<double> read) : ISensor
{
    public SensorName Name => name;

    public double Resolution => resolution;

    public double Read() => read();
}
