using System.Globalization;
using System.Text.Json;
using EdgeFleet.Cli.Output;
using EdgeFleet.Cli.Results;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Up;

/// <summary>What <c>up</c> says: where everything is, what was measured, what to do next. As JSON: an object when it is ready and one at the end of the sweep.</summary>
internal sealed class UpGuide(UpDirectory directory, CollectorAddress address, string deviceId)
{
    private string Url => string.Create(CultureInfo.InvariantCulture, $"https://{(address.Host.Contains(':', StringComparison.Ordinal) ? $"[{address.Host}]" : address.Host)}:{address.Port}");

    /// <summary>Collector and agent are there.</summary>
    public void Started(Printer printer) => printer.Write(
        json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("started");
            json.WriteString("collector", Url);
            json.WriteNumber("port", address.Port);
            json.WriteString("device_id", deviceId);
            json.WriteString("data", directory.Root);
            json.WriteString("operator_string_file", directory.OperatorString);
            json.WriteString("join_string_file", directory.JoinString);
            json.WriteEndObject();
            json.WriteEndObject();
        },
        _ => printer.Writer.WriteLine($"collector {Url} and agent {Show.Id(deviceId)} run on this machine; data and logs are in {directory.Root}"));

    /// <summary>The sweep has ended.</summary>
    public void Finished(Printer printer, Sweep sweep, IReadOnlyList<ScenarioResult> results, bool completed, bool once)
    {
        if (printer.IsJson)
        {
            printer.Write(json => Finished(json, sweep, results, completed), _ => { });
            return;
        }

        ResultTable.Write(printer, results);
        var counts = sweep.Counts;
        printer.Writer.WriteLine(completed
            ? $"All {counts.Total} runs completed{(results.Any(r => r.Scenario.Weights == "random") ? " (with random weights)" : "")}; sweep {Show.Id(sweep.SweepId)}."
            : $"Sweep {Show.Id(sweep.SweepId)}: {counts.Completed} of {counts.Total} runs completed, {counts.Failed} failed, {counts.OutOfMemory} out of memory, {counts.Skipped} skipped. '{Command("edgefleet")} runs list --sweep {Show.Id(sweep.SweepId)}' says why.");
        printer.Writer.WriteLine(once ? $"Everything stops now; '{Command("edgefleet")} up --data {directory.Root}' goes on from here." : Next());
    }

    private static void Finished(Utf8JsonWriter json, Sweep sweep, IReadOnlyList<ScenarioResult> results, bool completed)
    {
        json.WriteStartObject();
        json.WriteStartObject("finished");
        json.WriteString("sweep_id", sweep.SweepId);
        json.WriteBoolean("completed", completed);
        ResultTable.WriteJson(json, results);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // In a checkout the commands are scripts of its root.
    private static string Command(string name) => System.Environment.GetEnvironmentVariable("EDGEFLEET_COLLECTOR_PROGRAM") is null ? name : "./" + name;

    private string Next() => $"""

        use it from here    export EDGEFLEET_COLLECTOR=@{directory.OperatorString}
                            {Command("edgefleet")} sweeps create -m qwen2.5-0.5b,mamba2-130m --precisions int4 -c 256-2k*2 --watch
        add a device        scp {directory.JoinString} DEVICE:edgefleet-join
                            ssh DEVICE edgefleet-agent run --join @edgefleet-join          (how the agent gets there: deploy)
        metrics             {Url}/metrics   (Prometheus and Grafana: deploy/desktop)
        stop                Ctrl-C; the data stays in {directory.Root}
        """;
}
