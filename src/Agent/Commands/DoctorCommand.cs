using System.CommandLine;
using System.Globalization;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Agent.Output;
using EdgeFleet.Agent.Telemetry;
using EdgeFleet.Agent.Telemetry.Jetson;
using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Profiling.Device;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Agent.Commands;

/// <summary><c>doctor</c>: whether this machine can measure, and what with.</summary>
internal static class DoctorCommand
{
    private const long LittleDisk = 8L << 30;
    private const double Gibibyte = 1L << 30;

    public static Command Create(AgentConsole console)
    {
        var runtimePack = ModelOptions.RuntimePack();
        var cache = ModelOptions.Cache();
        var root = new Option<string>("--sysfs-root")
        {
            Description = "Read sensors below this directory: a recorded or simulated device. Default: /.", DefaultValueFactory = _ => "/", HelpName = "DIR",
        };
        var command = new Command("doctor", "Checks this machine: providers, libraries, processor, memory, disk, sensors.") { runtimePack, cache, root };
        command.SetGuardedAction(console, ExitStatus.Failure, (parsed, cancellation) =>
        {
            _ = ExistingDirectory.Of(root.Name, parsed.GetRequiredValue(root));
            Check[] checks =
            [
                .. System(), .. Libraries(parsed.GetValue(runtimePack), cancellation), Disk(parsed.CacheDirectory(cache)),
                .. Sensors(new SystemTree(parsed.GetRequiredValue(root))),
            ];
            PlainTable.Write(console.Out, ["", "check", "found"], [.. checks.Select(check => (string[])[check.Sign, check.Name, check.Found])], rightAligned: []);
            return Task.FromResult(checks.Any(check => check.Sign == Check.Bad) ? ExitStatus.Failure : ExitStatus.Success);
        });
        return command;
    }

    private static IEnumerable<Check> System()
    {
        var build = BuildInformation.Read();
        var system = OperatingSystemInformation.Read();
        var processor = ProcessorInformation.Read();
        var memory = MemoryInformation.Read();
        yield return Check.Fine("agent", $"{build.Version} ({build.Commit}), {build.Runtime}");
        yield return Check.Fine("system", $"{system.Name}, kernel {system.Kernel}");
        yield return Check.Fine("processor", $"{processor.Model}, {processor.PhysicalCores} cores, {processor.LogicalProcessors} usable processors");
        var vectors = processor.InstructionSets.Contains("avx2") || processor.InstructionSets.Contains("asimd");
        yield return new Check(
            vectors ? Check.Good : Check.Doubtful, "instruction sets", string.Join(' ', processor.InstructionSets) + (vectors ? "" : " (neither AVX2 nor NEON: slow)"));
        yield return processor.Governor == "performance"
            ? Check.Fine("clocks", processor.Governor)
            : new Check(Check.Doubtful, "clocks", $"governor {processor.Governor}; results carry the finding clocks_not_pinned");
        yield return Check.Fine(
            "memory", string.Create(CultureInfo.InvariantCulture, $"{memory.TotalBytes / Gibibyte:0.0} GiB, {memory.AvailableBytes / Gibibyte:0.0} available, {memory.SwapBytes / Gibibyte:0.0} swap"));
        yield return HighWaterMark();
    }

    private static Check HighWaterMark()
    {
        try
        {
            ResidentMemory.ResetPeak();
            return Check.Fine("peak memory", "the high-water mark can be reset");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Check(Check.Doubtful, "peak memory", $"the high-water mark cannot be reset, so peak memory is unavailable: {exception.Message}");
        }
    }

    private static IEnumerable<Check> Libraries(string? directory, CancellationToken cancellation)
    {
        RuntimePack pack;
        OnnxRuntimeLibrary library;
        Check? failure = null;
        try
        {
            pack = directory is null ? RuntimePack.Bundled() : RuntimePack.Open(directory, new SessionHashMemory(), cancellation);
            library = pack.Load();
        }
        catch (RuntimeLoadException exception)
        {
            failure = new Check(Check.Bad, "ONNX Runtime", exception.Message);
            pack = null!;
            library = null!;
        }

        if (failure is not null)
        {
            yield return failure;
            yield break;
        }

        yield return Check.Fine("ONNX Runtime", $"{library.Version} ({library.Path}), built with {string.Join(", ", library.AvailableProviders)}");
        yield return Operators(pack);
        foreach (var check in Gpus(pack)) yield return check;
        foreach (var provider in (ExecutionProvider[])[ExecutionProvider.Cuda, ExecutionProvider.TensorRt]) yield return Provider(pack, library, provider);
    }

    private static Check[] Gpus(RuntimePack pack)
    {
        CudaDriver driver;
        try
        {
            driver = CudaDriver.Read();
        }
        catch (RuntimeLoadException exception)
        {
            return [new Check(Check.Absent, "GPU", exception.Message)];
        }

        var serves = $"the driver serves CUDA {driver.CudaVersion}";
        if (driver.Gpus.IsEmpty) return [new Check(Check.Absent, "GPU", $"{serves}, but no GPU is visible; check CUDA_VISIBLE_DEVICES and the container's devices")];
        var older = pack.CudaMajor > driver.CudaMajor;
        return
        [
            .. driver.Gpus.Select((gpu, index) => Check.Fine(string.Create(CultureInfo.InvariantCulture, $"GPU {index}"), string.Create(
                CultureInfo.InvariantCulture,
                $"{gpu.Name}, compute capability {gpu.Major}.{gpu.Minor}, {gpu.Multiprocessors} multiprocessors, {gpu.MemoryBytes / Gibibyte:0.0} GiB"))),
            new Check(
                older ? Check.Bad : Check.Good,
                "GPU driver",
                older ? string.Create(CultureInfo.InvariantCulture, $"{serves}, the runtime pack is for CUDA {pack.CudaMajor}; update the driver or use another pack") : serves),
            CudnnLibrary.Version() is { } cudnn
                ? Check.Fine("cuDNN", $"{cudnn}; attention uses it, and decode steps with it are not the same bit for bit")
                : new Check(Check.Absent, "cuDNN", $"{CudnnLibrary.Name} is not on the loader's path; attention uses other kernels"),
            Recorder(pack),
        ];
    }

    private static Check Recorder(RuntimePack pack)
    {
        try
        {
            return Check.Fine("operator profile", ActivityRecorder.Describe(pack.CudaMajor));
        }
        catch (RuntimeLoadException exception)
        {
            return new Check(Check.Absent, "operator profile", exception.Message);
        }
    }

    private static Check Operators(RuntimePack pack)
    {
        try
        {
            var path = pack.OperatorLibrary(ExecutionProvider.Cpu);
            return OperatorLibrary.Version(path) is { } version
                ? Check.Fine("operators", $"version {version} ({path})")
                : new Check(Check.Bad, "operators", $"{path} is not an EdgeFleet operator library.");
        }
        catch (RuntimeLoadException exception)
        {
            return new Check(Check.Bad, "operators", exception.Message);
        }
        catch (DllNotFoundException exception)
        {
            return new Check(Check.Bad, "operators", exception.Message);
        }
    }

    private static Check Provider(RuntimePack pack, OnnxRuntimeLibrary library, ExecutionProvider provider)
    {
        var name = provider == ExecutionProvider.Cuda ? "CUDA" : "TensorRT";
        if (!library.AvailableProviders.Any(available => available.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
        {
            return new Check(Check.Absent, name, "this ONNX Runtime is built without it; use a runtime pack that has it");
        }

        try
        {
            pack.Require(provider);
            using var options = new OrtSessionOptions(library);
            var device = new Dictionary<string, string>(StringComparer.Ordinal) { ["device_id"] = "0" };

            // Loads the provider, which fails where one of the libraries that it needs is missing.
            if (provider == ExecutionProvider.Cuda) options.AppendCuda(device, stream: 0);
            else options.AppendTensorRt(device, stream: 0);
            var operators = pack.OperatorLibrary(provider);
            return OperatorLibrary.Version(operators) is { } version
                ? Check.Fine(name, $"the provider loads; operators version {version} ({operators})")
                : new Check(Check.Bad, name, $"{operators} is not an EdgeFleet operator library.");
        }
        catch (Exception exception) when (exception is RuntimeLoadException or OnnxRuntimeException or DllNotFoundException)
        {
            return new Check(Check.Absent, name, $"would not be used: {exception.Message}");
        }
    }

    private static Check Disk(string cache)
    {
        var existing = cache;
        while (!Path.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        try
        {
            using var tried = new FileStream(Path.Combine(existing, $".edgefleet-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Check(Check.Bad, "disk", $"{cache} cannot be written ({exception.Message.TrimEnd('.')}): no model can be exported there; name another directory with --cache");
        }

        var free = new DriveInfo(existing).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / Gibibyte:0.0} GiB free for {cache}");
        return new Check(free < LittleDisk ? Check.Doubtful : Check.Good, "disk", free < LittleDisk ? text + "; a model of 1 G parameters needs 4 GiB in fp32" : text);
    }

    private static IEnumerable<Check> Sensors(SystemTree tree)
    {
        if (JetsonConditions.Read(tree) is { } jetson)
        {
            yield return Check.Fine("module", $"{jetson.Module}, L4T {jetson.Release}");
            yield return Check.Fine("power mode", jetson.PowerMode);
            yield return new Check(jetson.Clocks == "pinned" ? Check.Good : Check.Doubtful, "clocks", jetson.Clocks);
        }

        using var sensors = SensorSet.OfMachine(tree);
        foreach (var metric in sensors.Sensors.GroupBy(sensor => (sensor.Name.Metric, sensor.Name.Source)))
        {
            var values = metric.Select(sensor => (sensor.Name.Label.Length > 0 ? sensor.Name.Label + " " : "") + Reading(sensor));
            yield return Check.Fine($"{metric.Key.Metric} ({metric.Key.Source})", string.Join(", ", values));
        }

        foreach (var missing in sensors.Unavailable) yield return new Check(Check.Absent, $"{missing.Name.Metric} ({missing.Name.Source})", $"{missing.Name.Label}: {missing.Reason}".TrimStart(':', ' '));
        if (!sensors.Sensors.Any(sensor => sensor.Name.Metric is Metrics.PowerWatts or Metrics.EnergyJoules))
        {
            yield return new Check(Check.Absent, "energy", "no sensor of power or energy: results carry no energy");
        }
    }

    private static string Reading(ISensor sensor)
    {
        try
        {
            return sensor.Read().ToString("0.###", CultureInfo.InvariantCulture);
        }
        catch (SensorException exception)
        {
            return $"(was read, and now: {exception.Message})";
        }
    }

    private sealed record Check(string Sign, string Name, string Found)
    {
        public const string Good = "ok";
        public const string Doubtful = "warn";
        public const string Bad = "FAIL";
        public const string Absent = "-";

        public static Check Fine(string name, string found) => new(Good, name, found);
    }
}
