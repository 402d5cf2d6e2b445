namespace EdgeFleet.Agent.Telemetry;

/// <summary>A sensor that is one number in a file.</summary>
/// <param name="tree">The files.</param>
/// <param name="name">What it reads.</param>
/// <param name="path">The file.</param>
/// <param name="unit">What one in the file is in the base unit.</param>
internal sealed class FileSensor(SystemTree tree, SensorName name, string path, double unit) : ISensor
{
    public SensorName Name => name;

    public double Resolution => unit;

    public double Read() => tree.Number(path) * unit;
}
