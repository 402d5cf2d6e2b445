using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Measurement.Scenarios;
using EdgeFleet.Measurement.Statistics;
using EdgeFleet.Protos.V1;
using Google.Protobuf.Collections;
using Measured = EdgeFleet.Measurement.Scenarios.Scenario;

namespace EdgeFleet.Collector.Sweeps;

/// <summary>Turns a completed definition into runs. Pure: the same inputs give the same runs, ids and order.</summary>
internal static class SweepPlanner
{
    /// <summary>The devices that a definition selects, by id.</summary>
    /// <exception cref="RequestException">It selects none.</exception>
    public static List<SweepTarget> Select(SweepDefinition definition, IReadOnlyCollection<SweepTarget> devices)
    {
        var selector = SweepRules.Selector(definition);
        List<SweepTarget> selected = [.. devices.Where(d => selector.Matches(d.DeviceId, d.Labels)).OrderBy(d => d.DeviceId, StringComparer.Ordinal)];
        return selected.Count > 0
            ? selected
            : throw RequestException.Invalid("devices", devices.Count == 0
                ? "no device is registered; start an agent first"
                : $"'{definition.DeviceSelector}' matches none of {devices.Count} devices; see edgefleet devices");
    }

    /// <summary>Runs that a definition asks for, before anything is expanded; saturates.</summary>
    public static long Count(SweepDefinition definition, int devices)
    {
        long count = SweepRules.Axes(definition).Count;
        foreach (var factor in (ReadOnlySpan<long>)
        [
            definition.Models.Count, definition.Providers.Count, definition.Precisions.Count, Math.Max(1, definition.RuntimePackIds.Count),
            Math.Max(1, definition.PowerModes.Count), definition.Repeats, devices,
        ])
        {
            count = factor == 0 ? 0 : count > long.MaxValue / factor ? long.MaxValue : count * factor;
        }

        return count;
    }

    /// <summary>Checks the count against a bound.</summary>
    /// <exception cref="RequestException">There are more.</exception>
    public static void Bound(SweepDefinition definition, int devices, long maximum)
    {
        var count = Count(definition, devices);
        if (count <= maximum) return;
        var shown = count == long.MaxValue ? "more than 9e18" : count.ToString(CultureInfo.InvariantCulture);
        throw RequestException.Invalid("max_runs", $"the sweep has {shown} runs; at most {maximum} are allowed. Shorten an axis, select fewer devices or raise max_runs");
    }

    /// <summary>Scenarios of one device in the order of the definition, each with why it cannot be performed there.</summary>
    public static List<(Measured Scenario, RunEnd? Skipped)> Scenarios(SweepDefinition definition, IReadOnlyList<ModelEntry> models, Hello device)
    {
        var axes = SweepRules.Axes(definition);
        var found = new List<(Measured, RunEnd?)>();
        foreach (var model in models)
        {
            foreach (var provider in definition.Providers)
            {
                var capability = Capability(device, provider, definition.AllowProviderFallback);
                foreach (var precision in definition.Precisions)
                {
                    foreach (var pack in Packs(definition, capability))
                    {
                        foreach (var mode in definition.PowerModes.DefaultIfEmpty(""))
                        {
                            var template = Template(definition, model, provider, precision, pack, mode);
                            var skipped = Obstacle(model, provider, precision, pack, mode, capability);
                            found.AddRange(SweepExpansion.Expand([template], axes, int.MaxValue).Select(s => (s, skipped)));
                        }
                    }
                }
            }
        }

        return found;
    }

    /// <summary>Runs of one device, in the order in which it performs them.</summary>
    /// <param name="definition">Completed definition.</param>
    /// <param name="models">Its models.</param>
    /// <param name="device">The device.</param>
    /// <param name="origin">Sweep or schedule id, for the run ids.</param>
    /// <param name="fireUnixNs">Fire time, for the run ids.</param>
    public static IEnumerable<PlannedRun> Runs(SweepDefinition definition, IReadOnlyList<ModelEntry> models, Hello device, string origin, long fireUnixNs)
    {
        var environment = ReuseKey.Environment(device);
        var fire = Clock.FromUnixNanoseconds(fireUnixNs);
        var scenarios = Scenarios(definition, models, device).Select(s => (s.Scenario, s.Skipped, Keys: ScenarioKeys.Of(s.Scenario), Contract: s.Scenario.ToContract())).ToList();
        var ordinal = 0;
        for (uint repeat = 0; repeat < definition.Repeats; repeat++)
        {
            var order = Enumerable.Range(0, scenarios.Count).ToArray();
            if (definition.Order == RunOrder.Random) new SeededGenerator(Seed(definition.Seed, origin, device.DeviceId, repeat)).Shuffle(order);
            foreach (var index in order)
            {
                var (_, skipped, keys, contract) = scenarios[index];
                yield return new PlannedRun
                {
                    RunId = RunId.Compute(origin, fire, device.DeviceId, keys.Hash, (int)repeat).ToString("D"),
                    DeviceId = device.DeviceId,
                    Scenario = contract,
                    Keys = keys,
                    Repeat = repeat,
                    Ordinal = ordinal++,
                    Skipped = skipped,
                    ReuseKey = ReuseKey.Of(environment, keys.Hash, repeat),
                };
            }
        }
    }

    private static ulong Seed(ulong seed, string origin, string device, uint repeat)
    {
        var source = seed == 0 ? origin : seed.ToString(CultureInfo.InvariantCulture);
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{source}\n{device}\n{repeat}"))));
    }

    // Without a choice of packs the device's preferred one, which is part of the scenario's identity.
    private static RepeatedField<string> Packs(SweepDefinition definition, Capability? capability) =>
        definition.RuntimePackIds.Count > 0 ? definition.RuntimePackIds : [capability?.RuntimePackIds.FirstOrDefault() ?? ""];

    private static Measured Template(SweepDefinition definition, ModelEntry model, Provider provider, Precision precision, string pack, string mode) => new()
    {
        Model = model.Name,
        Family = model.Family,
        ArtifactId = model.ArtifactId,
        RuntimePackId = pack,
        Provider = ScenarioMapping.Name(provider),
        Precision = ScenarioMapping.Name(precision),
        ContextTokens = 0,
        DecodeTokens = 0,
        Batch = 0,
        DepthTokens = 0,
        PrefillChunkTokens = 0,
        Threads = 0,
        Logits = definition.Logits == LogitsMode.All ? "all" : "last",
        PowerMode = mode,
        Weights = model.Weights.Length > 0 ? model.Weights : definition.Weights,
        AllowProviderFallback = definition.AllowProviderFallback,
        DeviceMemoryLimitBytes = provider == Provider.Cpu ? 0 : checked((long)definition.DeviceMemoryLimitBytes),
    };

    // Where TensorRT cannot be used and may be replaced, what counts is whether CUDA can.
    private static Capability? Capability(Hello device, Provider provider, bool allowFallback)
    {
        var own = device.Capabilities.FirstOrDefault(c => c.Provider == provider);
        return own is { Available: true } || !allowFallback || provider != Provider.Tensorrt
            ? own
            : device.Capabilities.FirstOrDefault(c => c is { Provider: Provider.Cuda, Available: true }) ?? own;
    }

    private static RunEnd? Obstacle(ModelEntry model, Provider provider, Precision precision, string pack, string mode, Capability? capability)
    {
        if (capability is not { Available: true })
        {
            return Skip("provider_unavailable", capability?.Reason is { Length: > 0 } why ? why : $"The device's agent does not offer {ScenarioMapping.Name(provider)}.");
        }

        if (pack.Length > 0 && !capability.RuntimePackIds.Contains(pack)) return Skip("runtime_pack_unavailable", $"Runtime pack {pack} is not on the device.");
        if (mode.Length > 0 && !capability.PowerModes.Contains(mode)) return Skip("power_mode_unavailable", $"The device has no power mode '{mode}'.");
        if (model.Target is { Length: > 0 } target && target != ScenarioMapping.Name(provider)) return Skip("artifact_target_differs", $"The artifact was built for {target}.");
        if (model.Precision is { Length: > 0 } built && built != ScenarioMapping.Name(precision)) return Skip("artifact_precision_differs", $"The artifact's precision is {built}.");
        return null;
    }

    private static RunEnd Skip(string reason, string message) => new() { Outcome = Outcome.Skipped, Reason = reason, Message = message };
}
