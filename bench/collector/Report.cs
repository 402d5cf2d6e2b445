using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeFleet.Measurement.Statistics;

namespace EdgeFleet.Collector.Bench;

/// <summary>Figures as they come: a line on the terminal and a line of JSON each.</summary>
internal sealed class Report(string path) : IDisposable
{
    private readonly FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.Read);

    /// <summary>Adds a figure that was measured several times.</summary>
    /// <param name="name">What, with its conditions.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="values">Raw values.</param>
    public void Add(string name, string unit, params double[] values)
    {
        var median = Quantile.Median(values);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-70} {median,12:0.###} {unit}{(values.Length > 1 ? $"   [{values.Min():0.###}, {values.Max():0.###}] n={values.Length}" : "")}"));
        Line(json =>
        {
            json.WriteString("figure", name);
            json.WriteString("unit", unit);
            json.WriteNumber("median", median);
            json.WriteStartArray("values");
            foreach (var value in values) json.WriteNumberValue(value);
            json.WriteEndArray();
        });
    }

    /// <summary>Adds what the machine is.</summary>
    public void Machine(string command) => Line(json =>
    {
        json.WriteString("command", command);
        json.WriteString("cpu", File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown");
        json.WriteNumber("processors", Environment.ProcessorCount);
        json.WriteString("load", File.ReadAllText("/proc/loadavg").Trim());
        json.WriteString("kernel", File.ReadAllText("/proc/sys/kernel/osrelease").Trim());
        json.WriteString("runtime", System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
        json.WriteString("utc", DateTime.UtcNow.ToString("s", CultureInfo.InvariantCulture));
    });

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Line(Action<Utf8JsonWriter> members)
    {
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        file.Write(Encoding.UTF8.GetBytes("\n"));
        file.Flush();
    }
}
