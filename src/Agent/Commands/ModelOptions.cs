using System.CommandLine;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Measurement.Axes;
using EdgeFleet.Models.Catalogue;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Export;

namespace EdgeFleet.Agent.Commands;

/// <summary>Options that several commands share.</summary>
internal static class ModelOptions
{
    private static readonly string[] Providers = ["cpu", "cuda", "tensorrt"];

    public static Option<string> Cache() => new("--cache")
    {
        Description = "Directory for exported artifacts. Default: $XDG_CACHE_HOME/edgefleet or ~/.cache/edgefleet.",
        HelpName = "DIR",
    };

    public static Option<string> RuntimePack() => new("--runtime-pack")
    {
        Description = "Directory with another ONNX Runtime (and its providers) to run on. Default: the one beside the program.",
        HelpName = "DIR",
    };

    public static Option<int> Threads() => NumericOption.Of<int>("--threads", "Threads; 0 for the physical cores.", 0, "N", "-t");

    /// <summary>The threads that an option of <see cref="Threads"/> names.</summary>
    public static int ThreadCount(this ParseResult parsed, Option<int> option) => parsed.GetValue(option) switch
    {
        0 => ProcessorInformation.Read().PhysicalCores,
        var count when count > 0 && count <= AxisLimits.Threads.Maximum => count,
        var count => throw new UsageException($"{option.Name} {count} is outside 0 to {AxisLimits.Threads.Maximum}."),
    };

    /// <summary>Where models are looked for.</summary>
    private static ModelLocator Locator() => new(
        ModelCatalogue.BuiltIn,
        HuggingFaceCache.FromEnvironment(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)));

    /// <summary>Finds a model; a name that nothing has is wrong usage.</summary>
    public static ModelLocation Locate(string name) => Known(() => Locator().Locate(name));

    /// <summary>Directory of the cache.</summary>
    public static string CacheDirectory(this ParseResult parsed, Option<string> option) => Artifacts.CacheDirectory.Resolve(parsed.GetValue(option));

    /// <summary>Items of a repeatable option whose values may be comma lists.</summary>
    public static string[] Items(this ParseResult parsed, Option<string[]> option) =>
    [
        .. (parsed.GetValue(option) ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>Reads a precision.</summary>
    public static ExportPrecision Precision(string name) => Known(() => ExportNames.ParsePrecision(name));

    /// <summary>Reads an export target.</summary>
    public static ExportTarget Target(string name) => Known(() => ExportNames.ParseTarget(name));

    /// <summary>Reads a provider.</summary>
    public static string Provider(string name) =>
        Providers.Contains(name) ? name : throw new UsageException($"provider '{name}' is not known. Use {string.Join(", ", Providers)}.");

    /// <summary>The provider that a name stands for.</summary>
    public static ExecutionProvider Executor(string provider) => provider switch
    {
        "cpu" => ExecutionProvider.Cpu,
        "cuda" => ExecutionProvider.Cuda,
        _ => ExecutionProvider.TensorRt,
    };

    private static T Known<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (CheckpointException exception)
        {
            throw new UsageException(exception.Message);
        }
    }
}
