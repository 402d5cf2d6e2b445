using System.Collections.Immutable;
using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Measurement.Axes;
using EdgeFleet.Measurement.Findings;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Protos.V1;
using Google.Protobuf.Collections;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Fills in a definition's defaults and checks it. Each refusal names the field.</summary>
internal static class SweepRules
{
    /// <summary>Reasons that are retried unless the definition says otherwise: the run was lost, not measured.</summary>
    public static ImmutableArray<string> DefaultRetryReasons { get; } = ["worker_crashed", "worker_lost", "agent_restarted", "device_lost"];

    private const int LongestName = 100;
    private const int LongestDescription = 2000;
    private const int MostValues = 100;
    private const uint MostRepeats = 1000;
    private const uint MostAttempts = 10;
    private const uint HighestPriority = 100;
    private const uint MostIterations = 100_000;
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(24);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan DefaultReuseAge = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(365);

    /// <summary>A copy with all defaults filled in.</summary>
    /// <exception cref="RequestException">A value breaks a rule.</exception>
    public static SweepDefinition Complete(SweepDefinition given)
    {
        var definition = given.Clone();
        Names(definition);
        if (definition.Providers.Count == 0) definition.Providers.Add(Provider.Cpu);
        if (definition.Precisions.Count == 0) definition.Precisions.Add(Precision.Fp32);
        foreach (var provider in definition.Providers) Known("providers", provider is Provider.Cpu or Provider.Cuda or Provider.Tensorrt, (int)provider);
        foreach (var precision in definition.Precisions) Known("precisions", precision is Precision.Fp32 or Precision.Fp16 or Precision.Bf16 or Precision.Int4, (int)precision);
        Distinct("providers", definition.Providers);
        Distinct("precisions", definition.Precisions);
        if (definition.ContextAxis.Length == 0) throw RequestException.Invalid("context", "is missing; e.g. 1k,8k,32k");
        definition.DecodeAxis = Default(definition.DecodeAxis, "128");
        definition.DepthAxis = Default(definition.DepthAxis, "0");
        definition.BatchAxis = Default(definition.BatchAxis, "1");
        definition.ThreadsAxis = Default(definition.ThreadsAxis, "0");
        definition.ChunkAxis = Default(definition.ChunkAxis, "0");
        _ = Axes(definition);
        if (definition.Logits == LogitsMode.Unspecified) definition.Logits = LogitsMode.Last;
        Known("logits", definition.Logits is LogitsMode.Last or LogitsMode.All, (int)definition.Logits);
        definition.Weights = Default(definition.Weights, "random");
        if (definition.Weights is not ("random" or "checkpoint")) throw RequestException.Invalid("weights", $"'{definition.Weights}' is neither random nor checkpoint");
        if (definition.Repeats == 0) definition.Repeats = Measurement.Statistics.Summary.FewestForInterval;
        if (definition.Repeats > MostRepeats) throw RequestException.Invalid("repeats", $"{definition.Repeats} is more than {MostRepeats}");
        if (definition.Order == RunOrder.Unspecified) definition.Order = RunOrder.Random;
        Known("order", definition.Order is RunOrder.Random or RunOrder.Sequential, (int)definition.Order);
        if (definition.TimeoutNs == 0) definition.TimeoutNs = DefaultTimeout.Nanoseconds();
        Duration("timeout", definition.TimeoutNs, ShortestTimeout, LongestTimeout);
        Policies(definition);
        if (definition.DeviceMemoryLimitBytes > long.MaxValue) throw RequestException.Invalid("device_memory_limit_bytes", $"{definition.DeviceMemoryLimitBytes} is more than any GPU has");
        if (definition.Priority > HighestPriority) throw RequestException.Invalid("priority", $"{definition.Priority} is more than {HighestPriority}");
        return definition;
    }

    /// <summary>The numeric axes of a definition.</summary>
    /// <exception cref="RequestException">An axis does not follow the grammar.</exception>
    public static SweepAxes Axes(SweepDefinition definition) => new()
    {
        Context = ReadAxis("context", definition.ContextAxis, AxisLimits.Context),
        Decode = ReadAxis("decode", definition.DecodeAxis, AxisLimits.Decode),
        Depth = ReadAxis("depth", definition.DepthAxis, AxisLimits.Depth),
        Batch = ReadAxis("batch", definition.BatchAxis, AxisLimits.Batch),
        Threads = ReadAxis("threads", definition.ThreadsAxis, AxisLimits.Threads),
        Chunk = ReadAxis("chunk", definition.ChunkAxis, AxisLimits.Chunk),
    };

    /// <summary>The selector of a definition.</summary>
    /// <exception cref="RequestException">It does not follow the grammar.</exception>
    public static LabelSelector Selector(SweepDefinition definition)
    {
        try
        {
            return LabelSelector.Parse(definition.DeviceSelector);
        }
        catch (FormatException error)
        {
            throw RequestException.Invalid("devices", error.Message);
        }
    }

    private static void Names(SweepDefinition definition)
    {
        if (definition.Name.Length > LongestName) throw RequestException.Invalid("name", $"has {definition.Name.Length} characters; at most {LongestName} are allowed");
        if (definition.Description.Length > LongestDescription) throw RequestException.Invalid("description", $"at most {LongestDescription} characters are allowed");
        if (definition.Models.Count == 0) throw RequestException.Invalid("models", "is missing; name at least one (edgefleet models)");
        _ = Selector(definition);
        Texts("models", definition.Models);
        Texts("runtime_packs", definition.RuntimePackIds);
        Texts("power_modes", definition.PowerModes);
    }

    private static void Policies(SweepDefinition definition)
    {
        definition.Retry ??= new RetryPolicy();
        if (definition.Retry.MaxAttempts == 0) definition.Retry.MaxAttempts = 2;
        if (definition.Retry.MaxAttempts > MostAttempts) throw RequestException.Invalid("retry.max_attempts", $"{definition.Retry.MaxAttempts} is more than {MostAttempts}");
        Texts("retry.reasons", definition.Retry.Reasons);
        if (definition.Retry.Reasons.Count == 0) definition.Retry.Reasons.Add(DefaultRetryReasons);

        definition.Stop ??= new StopConditions();
        if (!definition.Stop.HasSkipLongerAfterOutOfMemory) definition.Stop.SkipLongerAfterOutOfMemory = true;
        if (definition.Stop.MaxFailureRatio is not (>= 0 and <= 1)) throw RequestException.Invalid("stop.max_failure_ratio", $"{definition.Stop.MaxFailureRatio} is outside 0 to 1");
        Duration("stop.max_duration", definition.Stop.MaxDurationNs, TimeSpan.Zero, LongestDuration);

        definition.Reuse ??= new ReusePolicy();
        if (definition.Reuse.MaxAgeNs == 0) definition.Reuse.MaxAgeNs = DefaultReuseAge.Nanoseconds();
        Duration("reuse.max_age", definition.Reuse.MaxAgeNs, TimeSpan.Zero, LongestDuration);

        definition.Engine ??= new EngineOptions { MemoryPass = true, ProfilePass = true, WarmLoad = true };
        Duration("engine.max_measure", definition.Engine.MaxMeasureNs, TimeSpan.Zero, LongestTimeout);
        Duration("engine.phase_deadline", definition.Engine.PhaseDeadlineNs, TimeSpan.Zero, LongestTimeout);
        Iterations("engine.min_warmup_iterations", definition.Engine.MinWarmupIterations, definition.Engine.MaxWarmupIterations);
        Iterations("engine.min_iterations", definition.Engine.MinIterations, definition.Engine.MaxIterations);
        if (definition.Engine.InvalidatingFindings.FirstOrDefault(code => !FindingCodes.All.Contains(code)) is { } unknown)
        {
            throw RequestException.Invalid("engine.invalidate", $"'{unknown}' is no finding; docs/measurement.md lists them");
        }

        if (definition.Engine.InvalidRepeats > MostAttempts) throw RequestException.Invalid("engine.invalid_repeats", $"{definition.Engine.InvalidRepeats} is more than {MostAttempts}");
    }

    private static void Iterations(string field, uint least, uint most)
    {
        if (Math.Max(least, most) > MostIterations) throw RequestException.Invalid(field, $"at most {MostIterations} iterations are allowed");
        if (most != 0 && least > most) throw RequestException.Invalid(field, $"{least} is more than the maximum of {most}");
    }

    private static ImmutableArray<int> ReadAxis(string name, string text, AxisLimits limits)
    {
        try
        {
            return Axis.Parse(name, text, limits);
        }
        catch (AxisFormatException error)
        {
            throw RequestException.Invalid(name, error.Message);
        }
    }

    private static string Default(string text, string value) => text.Length == 0 ? value : text;

    private static void Known(string field, bool known, int value)
    {
        if (!known) throw RequestException.Invalid(field, $"{value} is not a value that this collector knows");
    }

    private static void Distinct<T>(string field, IReadOnlyCollection<T> values)
    {
        if (values.Distinct().Count() != values.Count) throw RequestException.Invalid(field, "names a value twice");
    }

    private static void Texts(string field, RepeatedField<string> values)
    {
        if (values.Count > MostValues) throw RequestException.Invalid(field, $"has {values.Count} values; at most {MostValues} are allowed");
        if (values.Any(v => v.Length is 0 or > LongestName || v.Any(char.IsControl))) throw RequestException.Invalid(field, $"a value must have 1 to {LongestName} printable characters");
        Distinct(field, values);
    }

    private static void Duration(string field, long nanoseconds, TimeSpan shortest, TimeSpan longest)
    {
        if (nanoseconds < shortest.Nanoseconds() || nanoseconds > longest.Nanoseconds())
        {
            throw RequestException.Invalid(field, $"{Clock.Duration(nanoseconds)} is outside {shortest} to {longest}");
        }
    }
}
