using System.CommandLine;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Storage;

const string Name = "edgefleet-collector";
var data = new Option<string>("--data") { Description = "Directory of everything the collector keeps.", DefaultValueFactory = _ => "/var/lib/edgefleet/collector" };
var port = new Option<int>("--port") { Description = "TLS port; 0 takes a free one.", DefaultValueFactory = _ => 7443 };
var listen = new Option<string>("--listen") { Description = "Address to listen on.", DefaultValueFactory = _ => "0.0.0.0" };
var host = HostOption.Create();
var models = new Option<string?>("--models") { Description = "Directory of further catalogue entries." };
var heartbeat = new Option<double>("--heartbeat") { Description = "Seconds between signs of life on each agent's link, 0.1 to 600; three that are missed end it.", DefaultValueFactory = _ => 10 };
heartbeat.Validators.Add(result =>
{
    if (result.GetValueOrDefault<double>() is not (>= 0.1 and <= 600)) result.AddError("--heartbeat must be 0.1 to 600 seconds.");
});
var command = new RootCommand("EdgeFleet's central service.") { data, port, listen, host, models, heartbeat };
command.SetAction(async (given, _) =>
{
    var options = new CollectorOptions
    {
        DataDirectory = given.GetRequiredValue(data), Port = given.GetValue(port), Listen = given.GetRequiredValue(listen), PublicHost = given.GetValue(host), ModelsDirectory = given.GetValue(models),
        HeartbeatInterval = TimeSpan.FromSeconds(given.GetValue(heartbeat)),
    };
    try
    {
        ListenPort.RequireFree(options.Listen, options.Port);
        await using var collector = await CollectorHost.StartAsync(options);
        await Console.Out.WriteLineAsync($"collector   https://{collector.Join.Host}:{collector.Port}");
        await Console.Out.WriteLineAsync($"tokens      {Path.GetFullPath(options.DataDirectory)}/join-string and operator-string (for --join @FILE and --collector @FILE)");
        await collector.WaitAsync();
        return 0;
    }
    catch (Exception error) when (error is StorageException or IOException or UnauthorizedAccessException or FormatException)
    {
        await Console.Error.WriteLineAsync($"{Name}: {error.Message}");
        return error is FormatException ? WrongUsage.Status : 1;
    }
});
var parsed = command.Parse(args);
return await WrongUsage.ReportAsync(parsed, Name) ? WrongUsage.Status : await parsed.InvokeAsync();
