using System.Collections.Immutable;
using System.Security.Cryptography;
using EdgeFleet.Agent.Machine;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Agent.Probes;

/// <summary>Loads runtime packs and asks them; for a process of its own.</summary>
internal static class PackProbe
{
    private static readonly string[] GpuNodes = ["/dev/nvidiactl", "/dev/nvhost-ctrl-gpu", "/dev/nvgpu"];

    /// <summary>The bundled pack and those in the directories of <paramref name="packs"/>.</summary>
    public static ProbeReport Find(string? packs, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<PackReport>();
        var problems = ImmutableArray.CreateBuilder<string>();
        Try(RuntimePack.Bundled, "");
        string[] directories = packs is not null && Directory.Exists(packs) ? Directory.GetDirectories(packs) : [];
        foreach (var directory in directories.Order(StringComparer.Ordinal))
        {
            Try(() => RuntimePack.Open(directory, new SessionHashMemory(), cancellation), directory);
        }

        return new ProbeReport(found.ToImmutable(), problems.ToImmutable());

        void Try(Func<RuntimePack> open, string directory)
        {
            try
            {
                found.Add(Describe(open(), directory));
            }
            catch (RuntimeLoadException error)
            {
                problems.Add(error.Message);
            }
        }
    }

    /// <summary>Probes memory and vector units with a number of threads; 0 for the physical cores.</summary>
    public static LimitsReport Limits(string? pack, int threads, CancellationToken cancellation)
    {
        var opened = string.IsNullOrEmpty(pack) ? RuntimePack.Bundled() : RuntimePack.Open(pack, new SessionHashMemory(), cancellation);
        var limits = MachineLimits.Probe(opened.OperatorLibrary(ExecutionProvider.Cpu), threads > 0 ? threads : ProcessorInformation.Read().PhysicalCores);
        return new LimitsReport(limits?.MemoryBytesPerSecond ?? 0, limits?.MatrixFlopPerSecond ?? 0);
    }

    private static PackReport Describe(RuntimePack pack, string directory)
    {
        var library = pack.Load();
        var id = directory.Length == 0 || pack.Manifest is null
            ? (directory.Length == 0 ? "bundled-" : Path.GetFileName(directory) + "-") + library.Version
            : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(pack.Directory, RuntimePack.ManifestName))));
        var providers = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        providers["cpu"] = Reason(pack, ExecutionProvider.Cpu, library);
        providers["cuda"] = Reason(pack, ExecutionProvider.Cuda, library);
        providers["tensorrt"] = Reason(pack, ExecutionProvider.TensorRt, library);
        return new PackReport(id, directory, library.Version, providers.ToImmutable());
    }

    private static string Reason(RuntimePack pack, ExecutionProvider provider, OnnxRuntimeLibrary library)
    {
        try
        {
            if (provider == ExecutionProvider.Cpu)
            {
                _ = pack.OperatorLibrary(provider);
                return "";
            }

            var name = provider == ExecutionProvider.Cuda ? "CUDA" : "TensorRT";
            if (!library.AvailableProviders.Any(available => available.StartsWith(name, StringComparison.OrdinalIgnoreCase))) return $"ONNX Runtime {library.Version} of this pack is built without {name}.";
            if (!GpuNodes.Any(File.Exists)) return "There is no NVIDIA GPU.";
            pack.Require(provider);
            return "";
        }
        catch (Exception error) when (error is RuntimeLoadException or DllNotFoundException)
        {
            return error.Message;
        }
    }
}
