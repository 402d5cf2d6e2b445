using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Inference.RuntimePacks;

/// <summary>
/// A directory of native libraries: ONNX Runtime with its providers, and the SSM operators. With <c>pack.json</c> its files are checked by
/// hash; without, the directory is taken as it is. Operators that a pack lacks are taken from beside the program.
/// </summary>
public sealed class RuntimePack
{
    /// <summary>Name of the manifest in a pack's directory.</summary>
    public const string ManifestName = "pack.json";

    private const int MaximumManifestBytes = 1 << 20;
    private const string CudaProvider = "libonnxruntime_providers_cuda.so";
    private const string TensorRtProvider = "libonnxruntime_providers_tensorrt.so";

    // The names that builds use: releases for Linux, npm's packages, and a versioned link.
    private static readonly string[] RuntimeNames = ["libonnxruntime.so", "libonnxruntime.so.1"];

    private RuntimePack(string directory, string runtime, RuntimePackManifest? manifest)
    {
        Directory = directory;
        OnnxRuntimePath = runtime;
        Manifest = manifest;
    }

    /// <summary>The pack's directory.</summary>
    public string Directory { get; }

    /// <summary>File of ONNX Runtime's library.</summary>
    public string OnnxRuntimePath { get; }

    /// <summary>The pack's own statement; null where there is no <c>pack.json</c>.</summary>
    public RuntimePackManifest? Manifest { get; }

    /// <summary>CUDA major version: of the manifest, else of the one CUDA operator library that lies in the pack; null where neither says.</summary>
    public int? CudaMajor => Manifest is { } manifest
        ? manifest.CudaMajor
        : (File.Exists(Path.Combine(Directory, CudaOperators(12))), File.Exists(Path.Combine(Directory, CudaOperators(13)))) switch
        {
            (true, false) => 12,
            (false, true) => 13,
            _ => null,
        };

    /// <summary>The libraries beside the program.</summary>
    /// <exception cref="RuntimeLoadException">ONNX Runtime is not there.</exception>
    public static RuntimePack Bundled()
    {
        foreach (var directory in ProgramDirectories())
        {
            if (FindRuntime(directory) is { } runtime)
            {
                return new RuntimePack(directory, runtime, manifest: null);
            }
        }

        throw new RuntimeLoadException(
            $"{RuntimeNames[0]} is not beside the program; looked in {string.Join(" and ", ProgramDirectories())}. "
            + "Reinstall the program, or name a runtime pack.");
    }

    /// <summary>Opens a pack.</summary>
    /// <param name="directory">The pack's directory.</param>
    /// <param name="hashes">Where hashes of files that were checked are remembered.</param>
    /// <param name="cancellationToken">Ends hashing early.</param>
    /// <exception cref="RuntimeLoadException">A file is missing or is not what <c>pack.json</c> says.</exception>
    public static RuntimePack Open(string directory, IHashMemory hashes, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(directory);
        if (!System.IO.Directory.Exists(full))
        {
            throw new RuntimeLoadException($"{full}: no such directory; a runtime pack is expected there.");
        }

        var manifestPath = Path.Combine(full, ManifestName);
        var manifest = File.Exists(manifestPath) ? ReadManifest(manifestPath) : null;
        if (manifest is not null)
        {
            var hasher = new FileHasher(hashes);
            foreach (var file in manifest.Files)
            {
                Verify(full, file, hasher, cancellationToken);
            }
        }

        var runtime = FindRuntime(full)
            ?? throw new RuntimeLoadException($"{Path.Combine(full, RuntimeNames[0])}: no such file (nor {RuntimeNames[1]}); a runtime pack holds ONNX Runtime.");
        return new RuntimePack(full, runtime, manifest);
    }

    /// <summary>Loads the pack's ONNX Runtime.</summary>
    /// <exception cref="RuntimeLoadException">It does not load, is too old, or is not the version that the manifest states.</exception>
    public OnnxRuntimeLibrary Load()
    {
        var library = OnnxRuntimeLibrary.Load(OnnxRuntimePath);
        return Manifest is null || Manifest.OnnxRuntime == library.Version
            ? library
            : throw new RuntimeLoadException(
                $"{OnnxRuntimePath}: states version {library.Version}, but {ManifestName} says {Manifest.OnnxRuntime}.");
    }

    /// <summary>Whether there is an operator library for a provider.</summary>
    public bool HasOperatorLibrary(ExecutionProvider provider) => Operators(provider).Any(File.Exists);

    /// <summary>The operator library for a provider: the pack's own, else the one beside the program.</summary>
    /// <exception cref="RuntimeLoadException">There is none, or the CUDA version is not known.</exception>
    public string OperatorLibrary(ExecutionProvider provider)
    {
        if (provider != ExecutionProvider.Cpu && CudaMajor is null)
        {
            throw new RuntimeLoadException(
                $"{Directory}: which CUDA version this pack is for is not known; state cuda_major in {ManifestName}, "
                + $"or place {CudaOperators(12)} or {CudaOperators(13)} there.");
        }

        var candidates = Operators(provider);
        return candidates.FirstOrDefault(File.Exists)
            ?? throw new RuntimeLoadException($"{Path.GetFileName(candidates[0])}: no such file; looked for {string.Join(" and ", candidates)}.");
    }

    /// <summary>Checks that the pack has the libraries that a provider needs.</summary>
    /// <exception cref="RuntimeLoadException">One is missing; the message names it.</exception>
    public void Require(ExecutionProvider provider)
    {
        if (provider == ExecutionProvider.Cpu)
        {
            return;
        }

        RequireFile("libonnxruntime_providers_shared.so", provider);
        RequireFile(CudaProvider, provider);
        if (provider == ExecutionProvider.TensorRt)
        {
            RequireFile(TensorRtProvider, provider);
        }
    }

    // Where the operator library for a provider may lie; nowhere while the CUDA version is not known.
    private string[] Operators(ExecutionProvider provider)
    {
        var name = provider == ExecutionProvider.Cpu ? "libedgefleet_ops.so" : CudaMajor is { } major ? CudaOperators(major) : null;
        return name is null ? [] : [.. new[] { Directory }.Concat(ProgramDirectories()).Distinct().Select(directory => Path.Combine(directory, name))];
    }

    private static string CudaOperators(int major) => string.Create(CultureInfo.InvariantCulture, $"libedgefleet_ops_cuda{major}.so");

    // A published program has its libraries beside it; a built one in the package's layout.
    private static string[] ProgramDirectories() =>
    [
        AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar),
        Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
        Path.Combine(
            AppContext.BaseDirectory, "runtimes", $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "native"),
    ];

    private static string? FindRuntime(string directory) =>
        RuntimeNames.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static RuntimePackManifest ReadManifest(string path)
    {
        var length = new FileInfo(path).Length;
        if (length > MaximumManifestBytes)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: {length} bytes; a pack's manifest has at most {MaximumManifestBytes}."));
        }

        RuntimePackManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), RuntimePackJsonContext.Default.RuntimePackManifest)
                ?? throw new RuntimeLoadException($"{path}: the manifest is null; expected an object.");
        }
        catch (JsonException exception)
        {
            throw new RuntimeLoadException($"{path}: not a pack's manifest: {exception.Message}", exception);
        }

        if (manifest.Schema is < 1 or > RuntimePackManifest.CurrentSchema)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: schema {manifest.Schema}; this program reads 1 to {RuntimePackManifest.CurrentSchema}. Update the program."));
        }

        return manifest;
    }

    private static void Verify(string directory, RuntimePackFile file, FileHasher hasher, CancellationToken cancellationToken)
    {
        if (file.Path.Length == 0 || Path.GetFileName(file.Path) != file.Path || file.Path is "." or "..")
        {
            throw new RuntimeLoadException($"{Path.Combine(directory, ManifestName)}: '{file.Path}' is not a plain file name.");
        }

        var path = Path.Combine(directory, file.Path);
        if (!File.Exists(path))
        {
            throw new RuntimeLoadException($"{path}: no such file, though {ManifestName} lists it. Install the pack again.");
        }

        var bytes = new FileInfo(path).Length;
        if (bytes != file.Bytes)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: {bytes} bytes, but {ManifestName} says {file.Bytes}. Install the pack again."));
        }

        var digest = hasher.Sha256(path, cancellationToken);
        if (digest != file.Sha256)
        {
            throw new RuntimeLoadException($"{path}: SHA-256 {digest}, but {ManifestName} says {file.Sha256}. Install the pack again.");
        }
    }

    private void RequireFile(string name, ExecutionProvider provider)
    {
        var path = Path.Combine(Directory, name);
        if (!File.Exists(path))
        {
            throw new RuntimeLoadException($"{path}: no such file; the {provider} provider needs it. Use a runtime pack that has it.");
        }
    }
}
