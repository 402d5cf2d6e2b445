using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Agent.Daemon;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Spool;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Collector.Devices;
using Serilog.Events;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>run</c>: the agent of a fleet.</summary>
internal static class RunCommand
{
    /// <summary>Its name: it handles signals itself.</summary>
    public const string Name = "run";

    private const int MostLabels = 64;
    private const long SmallestSpool = 64 << 10;

    public static Command Create(AgentConsole console)
    {
        var join = new Option<string>("--join")
        {
            Required = true, HelpName = "ADDRESS|@FILE", Description = "The collector's join string, or @FILE that holds it; better a file, since command lines can be seen by others.",
        };
        var state = new Option<string?>("--state")
        {
            HelpName = "DIR", Description = "What the agent keeps: key, journal, spool, cache. One agent per directory. Default: $STATE_DIRECTORY, $XDG_STATE_HOME/edgefleet or ~/.local/state/edgefleet.",
        };
        var label = new Option<string[]>("--label") { HelpName = "K=V", Description = "Label of the device, for selectors; repeatable." };
        var cache = new Option<string?>("--cache") { HelpName = "DIR", Description = "Directory of artifacts. Default: cache in the state directory." };
        var cacheSize = Size("--cache-size", "Most bytes of artifacts; the least recently used goes first.", "32GiB");
        var spoolSize = Size("--spool-size", "Most bytes of traces that wait for delivery.", "1GiB");
        var whenFull = new Option<string>("--spool-when-full") { Description = "What a full spool gives up: oldest or newest.", DefaultValueFactory = _ => "oldest" };
        whenFull.AcceptOnlyFromAmong("oldest", "newest");
        var packs = new Option<string?>("--runtime-packs") { HelpName = "DIR", Description = "Directory whose subdirectories are further runtime packs." };
        var grace = NumericOption.Of<double>("--drain-grace", "Time that the run in progress has when the agent is told to stop.", 30, "SECONDS");
        var retry = NumericOption.Of<double>("--retry-max", "Longest time between two tries to reach the collector.", 60, "SECONDS");
        var memoryLimit = new Option<string?>("--memory-limit") { HelpName = "BYTES", Description = "Most memory of a worker, e.g. 4G or 800M, enforced by a control group. Default: no limit." };
        var period = SamplePeriod.Option();
        var level = new Option<string>("--log-level") { Description = "debug, info, warn or error.", DefaultValueFactory = _ => "info" };
        level.AcceptOnlyFromAmong("debug", "info", "warn", "error");
        var format = new Option<string>("--log-format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        var command = new Command(Name, "Joins a collector: performs the runs it assigns, delivers their traces, keeps its schedules while it is away.")
        {
            join, state, label, cache, cacheSize, spoolSize, whenFull, packs, grace, retry, memoryLimit, period, level, format,
        };
        command.SetGuardedAction(console, ExitStatus.Failure, async (parsed, _) =>
        {
            var options = new AgentOptions
            {
                Join = Address(parsed.GetRequiredValue(join)),
                StateDirectory = Daemon.StateDirectory.Resolve(parsed.GetValue(state)),
                CacheDirectory = parsed.GetValue(cache),
                RuntimePacks = ExistingDirectory.Of(packs.Name, parsed.GetValue(packs)),
                Labels = Labels(parsed.GetValue(label) ?? []),
                CacheBytes = Bytes(parsed, cacheSize, 0),
                Spool = new SpoolOptions
                {
                    BoundBytes = Bytes(parsed, spoolSize, SmallestSpool),
                    SegmentBytes = Math.Clamp(Bytes(parsed, spoolSize, SmallestSpool) / 8, SmallestSpool / 8, new SpoolOptions().SegmentBytes),
                    WhenFull = parsed.GetRequiredValue(whenFull) == "oldest" ? FullPolicy.DropOldest : FullPolicy.DropNewest,
                },
                DrainGrace = Seconds(parsed, grace),
                Observation = new ObservationOptions { Period = SamplePeriod.Of(parsed, period) },
                Worker = WorkerLaunch.Self with { MemoryLimitBytes = ByteSize.MemoryLimit(memoryLimit.Name, parsed.GetValue(memoryLimit)) },
                Link = new LinkOptions { LongestDelay = Seconds(parsed, retry), FirstDelay = TimeSpan.FromSeconds(Math.Min(1, Seconds(parsed, retry).TotalSeconds)) },
            };
            await using var log = AgentLogging.Create(Level(parsed.GetRequiredValue(level)), parsed.GetRequiredValue(format) == "json");
            using var daemon = new AgentDaemon(options, TimeProvider.System, log);
            using var terminate = Handle(PosixSignal.SIGTERM, daemon, options.DrainGrace);
            using var interrupt = Handle(PosixSignal.SIGINT, daemon, options.DrainGrace);
            await daemon.RunAsync();
            return ExitStatus.Success;
        });
        return command;
    }

    /// <summary>The first signal stops in good order, the second at once.</summary>
    private static PosixSignalRegistration Handle(PosixSignal signal, AgentDaemon daemon, TimeSpan grace)
    {
        var count = 0;
        return PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref count) > 1) Posix.ExitNow(ExitStatus.Interrupted);
            daemon.Stop(grace, $"{signal} was received.");
        });
    }

    private static JoinAddress Address(string text)
    {
        try
        {
            // Read once here: a file that is not there now is a slip of the pen, one that is gone later a collector that moves.
            var address = new JoinAddress(text);
            _ = address.Read();
            return address;
        }
        catch (FormatException error)
        {
            throw new UsageException($"--join: {error.Message}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--join: {error.Message} The collector writes the file join-string into its data directory; give its path after '@'.");
        }
    }

    private static ImmutableSortedDictionary<string, string> Labels(string[] items)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var parts = item.Split('=', 2);
            if (parts.Length != 2) throw new UsageException($"--label '{item}' is not KEY=VALUE.");
            if (LabelRules.Problem(parts[0], parts[1]) is { } problem) throw new UsageException($"--label: {problem}.");

            labels[parts[0]] = parts[1];
        }

        return labels.Count <= MostLabels ? labels.ToImmutable() : throw new UsageException($"--label is given {labels.Count} times; at most {MostLabels} labels are allowed.");
    }

    private static Option<string> Size(string name, string description, string value) =>
        new(name) { HelpName = "SIZE", Description = description + " E.g. 500MiB, 20GiB.", DefaultValueFactory = _ => value };

    private static long Bytes(ParseResult parsed, Option<string> option, long smallest) =>
        ByteSize.TryParse(parsed.GetRequiredValue(option), out var bytes) && bytes >= smallest
            ? bytes
            : throw new UsageException($"{option.Name} '{parsed.GetRequiredValue(option)}' is no size of at least {smallest} bytes; write e.g. 500MiB or 20GiB.");

    private static TimeSpan Seconds(ParseResult parsed, Option<double> option) =>
        parsed.GetRequiredValue(option) is var seconds && seconds is >= 0 and <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option.Name} {seconds} is outside 0 to 86400 seconds."));

    private static LogEventLevel Level(string name) => name switch
    {
        "debug" => LogEventLevel.Debug,
        "warn" => LogEventLevel.Warning,
        "error" => LogEventLevel.Error,
        _ => LogEventLevel.Information,
    };
}
