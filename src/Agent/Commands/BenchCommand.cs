using System.Collections.Immutable;
using System.CommandLine;
using EdgeFleet.Agent.Bench;
using EdgeFleet.Agent.Observation;
using EdgeFleet.Agent.Output;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Measurement.Axes;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Frontier;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Measurement.Warmup;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>bench</c>: measures scenarios on this machine.</summary>
internal static class BenchCommand
{
    private const int MaximumRepeats = 1000;
    private static readonly WarmupPolicy DefaultWarmup = new();
    private static readonly IterationPolicy DefaultIterations = new();

    public static Command Create(AgentConsole console)
    {
        var model = new Option<string[]>("--model", "-m") { Required = true, Description = "Catalogue name, directory or org/name; repeatable, comma lists.", HelpName = "MODEL" };
        var precision = new Option<string[]>("--precision", "-p") { Description = "fp32, int4, or on a GPU fp16 or bf16; comma list. [default: fp32]", HelpName = "LIST" };
        var provider = new Option<string[]>("--provider") { Description = "cpu, cuda or tensorrt; comma list. [default: cpu]", HelpName = "LIST" };
        var context = Axis("--context", "Prompt tokens, e.g. 512, 1k,8k or 256-8k*2.", "512", "-c");
        var depth = Axis("--depth", "Tokens already in the state.", "0", "-d");
        var decode = Axis("--decode", "Generated tokens; 0 for prefill only.", "64", "-n");
        var batch = Axis("--batch", "Sequences in step.", "1", "-b");
        var threads = Axis("--threads", "Threads; 0 for the physical cores.", "0", "-t");
        var chunk = Axis("--chunk", "Prefill in pieces of this many tokens; 0 for one piece.", "0");
        var logits = new Option<string>("--logits") { Description = "Which prompt positions get logits: last or all.", DefaultValueFactory = _ => "last" };
        logits.AcceptOnlyFromAmong("last", "all");
        var repeats = Number("--repeats", "Fresh processes per scenario; 6 or more give intervals.", 1, "-r");
        var seed = NumericOption.Of<ulong>("--seed", "Seed of the prompt.", 1, "N");
        var output = new Option<string>("--output", "-o") { Description = "table, markdown (md), csv or jsonl.", DefaultValueFactory = _ => "table", HelpName = "FORMAT" };
        var html = new Option<string?>("--html", "--report") { Description = "Also write a report with charts: one HTML file that needs nothing else.", HelpName = "FILE" };
        var runtimePack = ModelOptions.RuntimePack();
        var cache = ModelOptions.Cache();
        var iterations = Number("--iterations", "Most timed iterations of a run.", DefaultIterations.MaximumIterations);
        var measureTime = Seconds("--measure-time", "Timed seconds after which no further iteration starts.", DefaultIterations.MaximumTime);
        var warmupIterations = Number("--warmup-iterations", "Most warm-up iterations.", DefaultWarmup.MaximumIterations);
        var warmupTime = Seconds("--warmup-time", "Seconds after which no further warm-up iteration starts.", DefaultWarmup.MaximumTime);
        var deadline = Seconds("--deadline", "Seconds without a sign of life after which a worker is killed.", TimeSpan.FromMinutes(30));
        var noMemory = new Option<bool>("--no-memory") { Description = "Leave out the memory pass." };
        var noRoofline = new Option<bool>("--no-roofline") { Description = "Do not probe the machine's limits, which takes seconds before each scenario: no MBU, no MFU." };
        var profile = new Option<bool>("--profile") { Description = "Add a pass that finds each operator's share." };
        var show = new Option<string[]>("--show")
        {
            Description = "What a table for people shows below the results: memory, energy, classes, operators, paper (classes of arXiv 2507.12442); comma list. Default: classes with --profile.",
            HelpName = "LIST",
        };
        var period = SamplePeriod.Option();
        var invalidate = new Option<string[]>("--invalidate")
        {
            Description = "Findings that make a run count in no statistic and be repeated, e.g. machine_noisy,throttled; comma list.", HelpName = "CODES",
        };
        var retries = Number("--retries", "How often an invalidated run is repeated.", (int)Invalidation.DefaultRepeats);
        var noWarmLoad = new Option<bool>("--no-warm-load") { Description = "Leave out the second load." };
        var frontier = new Option<string?>("--frontier")
        {
            Description = "Search the longest context that completes, from --context by doubling and halving, up to this many tokens.", HelpName = "TOKENS",
        };
        var frontierStep = Number("--frontier-step", "Tokens within which the frontier search ends.", FrontierSearch.DefaultStep);
        var memoryLimit = new Option<string?>("--memory-limit") { Description = "Most memory of a worker, e.g. 4G or 800M, enforced by a control group.", HelpName = "BYTES" };
        var deviceMemoryLimit = new Option<string?>("--gpu-mem-limit") { Description = "Most memory of the GPU, e.g. 8G: a smaller card's.", HelpName = "BYTES" };
        var fallback = new Option<bool>("--allow-provider-fallback") { Description = "Run on CUDA where TensorRT cannot be used; the result says so." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "No progress on standard error." };
        var command = new Command("bench", "Measures TTFT, TPOT, throughput and memory of models over context lengths.")
        {
            model, precision, provider, context, depth, decode, batch, threads, chunk, logits, repeats, seed, output, html, runtimePack, cache,
            iterations, measureTime, warmupIterations, warmupTime, deadline, noMemory, noRoofline, profile, show,
            period, invalidate, retries, noWarmLoad, frontier, frontierStep, memoryLimit, deviceMemoryLimit, fallback, quiet,
        };

        command.SetGuardedAction(console, ExitStatus.Failure, async (parsed, cancellation) =>
        {
            var format = Format(parsed.GetRequiredValue(output));
            var report = parsed.GetValue(html);
            if (report is not null) ReportFile.RequireWritable(report);
            var details = parsed.GetValue(profile) ? Details.Classes : Details.None;
            if (parsed.Items(show) is { Length: > 0 } shown) details = shown.Aggregate(Details.None, (all, name) => all | Detail(name));
            var request = new BenchRequest
            {
                // Every name is found before the first measurement, so that a typing error does not end an hour's work.
                Models = Distinct(NonEmpty(parsed.Items(model), "--model")),
                Precisions = [.. Or(parsed.Items(precision), "fp32").Select(ModelOptions.Precision)],
                Providers = [.. Or(parsed.Items(provider), "cpu").Select(ModelOptions.Provider)],
                Axes = new SweepAxes
                {
                    Context = Values(parsed, context, AxisLimits.Context),
                    Depth = Values(parsed, depth, AxisLimits.Depth),
                    Decode = Values(parsed, decode, AxisLimits.Decode),
                    Batch = Values(parsed, batch, AxisLimits.Batch),
                    Threads = Values(parsed, threads, AxisLimits.Threads),
                    Chunk = Values(parsed, chunk, AxisLimits.Chunk),
                },
                Logits = parsed.GetRequiredValue(logits),
                Repeats = Within(parsed, repeats, 1, MaximumRepeats),
                Seed = parsed.GetRequiredValue(seed),
                RuntimePack = parsed.GetValue(runtimePack),
                Cache = parsed.CacheDirectory(cache),
                FrontierMaximum = parsed.GetValue(frontier) is { } maximum
                    ? Measurement.Axes.Axis.Parse("frontier", maximum, AxisLimits.Context) is [var tokens] ? tokens : throw new UsageException("--frontier takes one number.")
                    : null,
                Roofline = !parsed.GetValue(noRoofline),
                AllowProviderFallback = parsed.GetValue(fallback),
                DeviceMemoryLimitBytes = ByteSize.MemoryLimit(deviceMemoryLimit.Name, parsed.GetValue(deviceMemoryLimit)) ?? 0,
                FrontierStep = Within(parsed, frontierStep, 1, AxisLimits.Context.Maximum),
                Observation = new ObservationOptions { Period = SamplePeriod.Of(parsed, period) },
                Engine = new EngineOptions
                {
                    WarmLoad = !parsed.GetValue(noWarmLoad),
                    MinWarmupIterations = (uint)DefaultWarmup.MinimumIterations,
                    MaxWarmupIterations = (uint)Within(parsed, warmupIterations, 1, MaximumRepeats),
                    MaxWarmupNs = Nanoseconds(parsed, warmupTime),
                    MinIterations = (uint)DefaultIterations.MinimumIterations,
                    MaxIterations = (uint)Within(parsed, iterations, 1, MaximumRepeats),
                    MaxMeasureNs = Nanoseconds(parsed, measureTime),
                    MemoryPass = !parsed.GetValue(noMemory),
                    ProfilePass = parsed.GetValue(profile) || (details & ~(Details.Memory | Details.Energy)) != Details.None,
                    PhaseDeadlineNs = Nanoseconds(parsed, deadline),
                    InvalidatingFindings = { parsed.Items(invalidate).Select(FindingCode) },
                    InvalidRepeats = (uint)Within(parsed, retries, 0, MaximumRepeats),
                },
            };
            if (request.FrontierMaximum < request.Axes.Context.Max()) throw new UsageException($"--frontier {request.FrontierMaximum} is below --context {request.Axes.Context.Max()}, from which the search starts.");
            var progress = new ProgressLine(console.Error, console.InteractiveError, parsed.GetValue(quiet));
            var runner = new BenchRunner(request, WorkerLaunch.Self with { MemoryLimitBytes = ByteSize.MemoryLimit(memoryLimit.Name, parsed.GetValue(memoryLimit)) }, progress, TimeProvider.System);
            var writer = new AnsweringWriter(Writer(format, console, details), format is OutputFormat.Table or OutputFormat.Markdown ? console.Out : null, report);
            return await runner.RunAsync(new AttendedWriter(writer, AgentConsole.IsReaderGone), cancellation) ? ExitStatus.Success : ExitStatus.Failure;
        });
        return command;
    }

    /// <summary>Finds models; two of one name would be taken for repeats of each other.</summary>
    private static ImmutableArray<ModelLocation> Distinct(string[] names)
    {
        ModelLocation[] found = [.. names.Select(ModelOptions.Locate)];
        if (found.GroupBy(location => location.Name, StringComparer.Ordinal).FirstOrDefault(named => named.Count() > 1) is { } same)
        {
            throw new UsageException($"--model names {same.Count()} models '{same.Key}', whose results could not be told apart. Rename a directory, or measure them one at a time.");
        }

        return [.. found];
    }

    private static OutputFormat Format(string name) => name switch
    {
        "table" => OutputFormat.Table,
        "markdown" or "md" => OutputFormat.Markdown,
        "csv" => OutputFormat.Csv,
        "jsonl" => OutputFormat.Jsonl,
        _ => throw new UsageException($"--output '{name}' is not table, markdown, csv or jsonl."),
    };

    private static string FindingCode(string code) => FindingCodes.All.Contains(code)
        ? code
        : throw new UsageException($"--invalidate '{code}' is no finding; docs/measurement.md lists them: {string.Join(", ", FindingCodes.All)}.");

    private static Details Detail(string name) => name switch
    {
        "memory" => Details.Memory,
        "classes" => Details.Classes,
        "operators" => Details.Operators,
        "paper" => Details.Paper,
        "energy" => Details.Energy,
        _ => throw new UsageException($"--show '{name}' is not memory, energy, classes, operators or paper."),
    };

    private static IRowWriter Writer(OutputFormat format, AgentConsole console, Details details) => format switch
    {
        OutputFormat.Markdown => new MarkdownWriter(console.Out, details),
        OutputFormat.Csv => new CsvWriter(console.Out),
        OutputFormat.Jsonl => new JsonLinesWriter(console.Out),
        _ => new TableWriter(console.Out, console.InteractiveOut, details),
    };

    private static Option<string> Axis(string name, string description, string value, params string[] aliases) =>
        new(name, aliases) { Description = description, DefaultValueFactory = _ => value, HelpName = "AXIS" };

    private static Option<int> Number(string name, string description, int value, params string[] aliases) =>
        NumericOption.Of<int>(name, description, value, "N", aliases);

    private static Option<double> Seconds(string name, string description, TimeSpan value) =>
        NumericOption.Of<double>(name, description, value.TotalSeconds, "SECONDS");

    private static ImmutableArray<int> Values(ParseResult parsed, Option<string> option, AxisLimits limits) =>
        Measurement.Axes.Axis.Parse(option.Name.TrimStart('-'), parsed.GetRequiredValue(option), limits);

    private static int Within(ParseResult parsed, Option<int> option, int minimum, int maximum) =>
        parsed.GetRequiredValue(option) is var value && value >= minimum && value <= maximum
            ? value
            : throw new UsageException($"{option.Name} {value} is outside {minimum} to {maximum}.");

    private static long Nanoseconds(ParseResult parsed, Option<double> option) =>
        parsed.GetRequiredValue(option) is var seconds && seconds is >= 0 and <= 1e6
            ? (long)(seconds * 1e9)
            : throw new UsageException($"{option.Name} {seconds} is outside 0 to 1e6 seconds.");

    private static string[] Or(string[] items, string value) => items.Length == 0 ? [value] : items;

    private static string[] NonEmpty(string[] items, string option) => items.Length > 0 ? items : throw new UsageException($"{option} names nothing.");
}
