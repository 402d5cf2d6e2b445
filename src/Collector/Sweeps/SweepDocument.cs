using System.Globalization;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Protos.V1;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Reads a sweep's definition from YAML or JSON (docs/fleet.md). A key that is not known is an error with its line.</summary>
internal static class SweepDocument
{
    /// <summary>Longest document.</summary>
    public const int LongestText = 64 * 1024;

    private const int DeepestNesting = 8;

    /// <summary>Reads a document.</summary>
    /// <exception cref="RequestException">It is too long, not YAML, or has something that no definition has.</exception>
    public static SweepDefinition Parse(string text)
    {
        if (text.Length > LongestText) throw RequestException.Invalid("document", $"has {text.Length} characters; at most {LongestText} are allowed");
        var root = Load(text);
        var definition = new SweepDefinition();
        foreach (var (key, value) in Map(root, "document"))
        {
            switch (key)
            {
                case "name": definition.Name = Text(value, key); break;
                case "description": definition.Description = Text(value, key); break;
                case "models": definition.Models.Add(List(value, key)); break;
                case "devices": definition.DeviceSelector = Text(value, key); break;
                case "providers": definition.Providers.Add(List(value, key).Select(n => ScenarioMapping.Provider(n) ?? throw Bad(value, key, $"'{n}' is none of cpu, cuda, tensorrt"))); break;
                case "precisions": definition.Precisions.Add(List(value, key).Select(n => ScenarioMapping.Precision(n) ?? throw Bad(value, key, $"'{n}' is none of fp32, fp16, bf16, int4"))); break;
                case "context": definition.ContextAxis = AxisText(value, key); break;
                case "decode": definition.DecodeAxis = AxisText(value, key); break;
                case "depth": definition.DepthAxis = AxisText(value, key); break;
                case "batch": definition.BatchAxis = AxisText(value, key); break;
                case "threads": definition.ThreadsAxis = AxisText(value, key); break;
                case "chunk": definition.ChunkAxis = AxisText(value, key); break;
                case "logits": definition.Logits = Choice(value, key, ("last", LogitsMode.Last), ("all", LogitsMode.All)); break;
                case "runtime_packs": definition.RuntimePackIds.Add(List(value, key)); break;
                case "power_modes": definition.PowerModes.Add(List(value, key)); break;
                case "weights": definition.Weights = Text(value, key); break;
                case "repeats": definition.Repeats = Counted(value, key); break;
                case "order": definition.Order = Choice(value, key, ("random", RunOrder.Random), ("sequential", RunOrder.Sequential)); break;
                case "seed": definition.Seed = ulong.TryParse(Text(value, key), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : throw Bad(value, key, "is not a number from 0"); break;
                case "timeout": definition.TimeoutNs = Lasting(value, key); break;
                case "retry": definition.Retry = Retry(value); break;
                case "stop": definition.Stop = Stop(value); break;
                case "reuse": definition.Reuse = Reuse(value); break;
                case "engine": definition.Engine = Engine(value); break;
                case "allow_provider_fallback": definition.AllowProviderFallback = Flag(value, key); break;
                case "device_memory_limit_bytes": definition.DeviceMemoryLimitBytes = ulong.TryParse(Text(value, key), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : throw Bad(value, key, "is not a number of bytes"); break;
                case "priority": definition.Priority = Number(value, key); break;
                default: throw Bad(value, key, "is not a key of a sweep; see docs/fleet.md");
            }
        }

        return definition;
    }

    /// <summary>Reads a duration: a number and <c>ms</c>, <c>s</c>, <c>min</c>, <c>h</c> or <c>d</c>.</summary>
    /// <returns>The duration, or null.</returns>
    public static TimeSpan? ReadDuration(string text)
    {
        ReadOnlySpan<(string Suffix, double Seconds)> units = [("ms", 1e-3), ("min", 60), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];
        foreach (var (suffix, seconds) in units)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            return double.TryParse(text.AsSpan(0, text.Length - suffix.Length).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
                && value * seconds <= TimeSpan.FromDays(3650).TotalSeconds
                ? TimeSpan.FromSeconds(value * seconds)
                : null;
        }

        return null;
    }

    private static RetryPolicy Retry(YamlNode node)
    {
        var policy = new RetryPolicy();
        foreach (var (key, value) in Map(node, "retry"))
        {
            switch (key)
            {
                case "max_attempts": policy.MaxAttempts = Counted(value, "retry.max_attempts"); break;
                case "reasons": policy.Reasons.Add(List(value, "retry.reasons")); break;
                default: throw Bad(value, "retry." + key, "is not a key of retry");
            }
        }

        return policy;
    }

    private static StopConditions Stop(YamlNode node)
    {
        var stop = new StopConditions();
        foreach (var (key, value) in Map(node, "stop"))
        {
            switch (key)
            {
                case "max_failures": stop.MaxFailures = Number(value, "stop.max_failures"); break;
                case "max_failure_ratio": stop.MaxFailureRatio = Real(value, "stop.max_failure_ratio"); break;
                case "skip_longer_after_out_of_memory": stop.SkipLongerAfterOutOfMemory = Flag(value, "stop.skip_longer_after_out_of_memory"); break;
                case "max_duration": stop.MaxDurationNs = Duration(value, "stop.max_duration"); break;
                default: throw Bad(value, "stop." + key, "is not a key of stop");
            }
        }

        return stop;
    }

    private static ReusePolicy Reuse(YamlNode node)
    {
        var reuse = new ReusePolicy();
        foreach (var (key, value) in Map(node, "reuse"))
        {
            switch (key)
            {
                case "enabled": reuse.Enabled = Flag(value, "reuse.enabled"); break;
                case "max_age": reuse.MaxAgeNs = Lasting(value, "reuse.max_age"); break;
                default: throw Bad(value, "reuse." + key, "is not a key of reuse");
            }
        }

        return reuse;
    }

    private static EngineOptions Engine(YamlNode node)
    {
        var engine = new EngineOptions { MemoryPass = true, ProfilePass = true, WarmLoad = true };
        foreach (var (key, value) in Map(node, "engine"))
        {
            var name = "engine." + key;
            switch (key)
            {
                case "min_warmup_iterations": engine.MinWarmupIterations = Number(value, name); break;
                case "max_warmup_iterations": engine.MaxWarmupIterations = Number(value, name); break;
                case "min_iterations": engine.MinIterations = Number(value, name); break;
                case "max_iterations": engine.MaxIterations = Number(value, name); break;
                case "max_measure": engine.MaxMeasureNs = Duration(value, name); break;
                case "memory_pass": engine.MemoryPass = Flag(value, name); break;
                case "profile_pass": engine.ProfilePass = Flag(value, name); break;
                case "warm_load": engine.WarmLoad = Flag(value, name); break;
                case "phase_deadline": engine.PhaseDeadlineNs = Duration(value, name); break;
                case "invalidate": engine.InvalidatingFindings.Add(List(value, name)); break;
                case "invalid_repeats": engine.InvalidRepeats = Number(value, name); break;
                default: throw Bad(value, name, "is not a key of engine");
            }
        }

        return engine;
    }

    private static YamlNode Load(string text)
    {
        try
        {
            // Events first: they show anchors (which could expand without bound) and depth before anything is built.
            var depth = 0;
            var parser = new Parser(new StringReader(text));
            while (parser.MoveNext())
            {
                depth += parser.Current!.NestingIncrease;
                if (depth > DeepestNesting) throw RequestException.Invalid("document", $"line {parser.Current.Start.Line}: nested too deeply");
                if (parser.Current is YamlDotNet.Core.Events.AnchorAlias) throw RequestException.Invalid("document", $"line {parser.Current.Start.Line}: aliases are not allowed");
            }

            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 1
                ? stream.Documents[0].RootNode
                : throw RequestException.Invalid("document", $"holds {stream.Documents.Count} documents; one is expected");
        }
        catch (YamlException error)
        {
            throw RequestException.Invalid("document", $"line {error.Start.Line}, column {error.Start.Column}: {error.Message}");
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            // What YamlDotNet throws for some texts that are not YAML, such as a flow sequence without its end.
            throw RequestException.Invalid("document", "is no YAML or JSON; is a bracket or a quote without its end?");
        }
    }

    private static IEnumerable<(string Key, YamlNode Value)> Map(YamlNode node, string name)
    {
        if (node is not YamlMappingNode map) throw Bad(node, name, "must be a mapping of keys to values");
        return map.Children.Select(pair => (pair.Key is YamlScalarNode { Value: { } key } ? key : throw Bad(pair.Key, name, "has a key that is no text"), pair.Value));
    }

    private static string Text(YamlNode node, string name) => node is YamlScalarNode { Value: { } text } ? text : throw Bad(node, name, "must be one value");

    // A list, or one text with commas.
    private static IEnumerable<string> List(YamlNode node, string name) => node is YamlSequenceNode sequence
        ? sequence.Children.Select(child => Text(child, name))
        : Text(node, name).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string AxisText(YamlNode node, string name) => node is YamlSequenceNode ? string.Join(',', List(node, name)) : Text(node, name);

    private static uint Number(YamlNode node, string name) => uint.TryParse(Text(node, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw Bad(node, name, $"'{Text(node, name)}' is not a whole number from 0");

    // In a message 0 stands for the default; who writes it means something else.
    private static uint Counted(YamlNode node, string name) => Number(node, name) is > 0 and var value ? value : throw Bad(node, name, "must be at least 1");

    private static long Lasting(YamlNode node, string name) => Duration(node, name) is > 0 and var value ? value : throw Bad(node, name, "must be longer than 0");

    private static double Real(YamlNode node, string name) => double.TryParse(Text(node, name), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        ? value
        : throw Bad(node, name, $"'{Text(node, name)}' is not a number from 0");

    private static bool Flag(YamlNode node, string name) => Choice(node, name, ("true", true), ("false", false));

    private static long Duration(YamlNode node, string name) => ReadDuration(Text(node, name)) is { } duration
        ? duration.Nanoseconds()
        : throw Bad(node, name, $"'{Text(node, name)}' is not a duration; write a number and ms, s, min, h or d");

    private static T Choice<T>(YamlNode node, string name, params ReadOnlySpan<(string Name, T Value)> choices)
    {
        var text = Text(node, name);
        foreach (var (choice, value) in choices)
        {
            if (choice == text) return value;
        }

        throw Bad(node, name, $"'{text}' is not a choice; write {choices[0].Name} or {choices[^1].Name}");
    }

    private static RequestException Bad(YamlNode node, string field, string problem) => RequestException.Invalid(field, $"line {node.Start.Line}: {problem}");
}
