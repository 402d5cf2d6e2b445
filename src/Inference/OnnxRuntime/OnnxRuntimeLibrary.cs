using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>
/// One native ONNX Runtime, version 1.23 or newer, loaded from a path. It stays loaded, with one environment, until the process ends:
/// its thread pools and providers do not survive being unloaded.
/// </summary>
public sealed unsafe class OnnxRuntimeLibrary
{
    private const int Warning = 2;

    private static readonly ConcurrentDictionary<string, Lazy<OnnxRuntimeLibrary>> Loaded = new(StringComparer.Ordinal);

    private OnnxRuntimeLibrary(string path)
    {
        Path = path;
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new RuntimeLoadException($"{path}: the library does not load: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }

        if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var entry))
        {
            throw new RuntimeLoadException($"{path}: not ONNX Runtime: it does not export OrtGetApiBase.");
        }

        var apiBase = (nint*)((delegate* unmanaged[Cdecl]<nint>)entry)();
        Version = NativeText.Read(((delegate* unmanaged[Cdecl]<nint>)apiBase[1])());
        var api = ApiVersion(Version);
        if (api < OrtApi.MinimumVersion)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: ONNX Runtime {Version} is too old; 1.{OrtApi.MinimumVersion} or newer is needed."));
        }

        // All versions answer the same table: the oldest that is supported is asked for, and newer functions are guarded by the version.
        var table = ((delegate* unmanaged[Cdecl]<uint, nint>)apiBase[0])(OrtApi.MinimumVersion);
        if (table == 0)
        {
            throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: ONNX Runtime {Version} does not offer API version {OrtApi.MinimumVersion}."));
        }

        Api = new OrtApi((nint*)table, api);
        BuildInfo = NativeText.Read(((delegate* unmanaged[Cdecl]<nint>)Api[OrtFunction.GetBuildInfoString])());
        AvailableProviders = ReadProviders();
        fixed (byte* name = NativeText.Terminated("edgefleet"))
        {
            nint environment;
            Api.Check(
                ((delegate* unmanaged[Cdecl]<int, byte*, nint*, nint>)Api[OrtFunction.CreateEnv])(Warning, name, &environment), "CreateEnv");
            Environment = environment;
        }
    }

    /// <summary>Path that it was loaded from.</summary>
    public string Path { get; }

    /// <summary>Version as the library states it, e.g. <c>1.31.1</c>.</summary>
    public string Version { get; }

    /// <summary>Build string of the library: commit, flags.</summary>
    public string BuildInfo { get; }

    /// <summary>Execution providers compiled in, by ONNX Runtime's names, e.g. <c>CPUExecutionProvider</c>.</summary>
    public ImmutableArray<string> AvailableProviders { get; }

    internal OrtApi Api { get; }

    internal nint Environment { get; }

    /// <summary>Loads a library, or answers the one that was loaded from this path before.</summary>
    /// <param name="path">The library's file.</param>
    /// <exception cref="RuntimeLoadException">No such file, not ONNX Runtime, or too old.</exception>
    public static OnnxRuntimeLibrary Load(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new RuntimeLoadException($"{full}: no such file; ONNX Runtime's native library is expected there.");
        }

        return Loaded.GetOrAdd(full, static key => new Lazy<OnnxRuntimeLibrary>(() => new OnnxRuntimeLibrary(key))).Value;
    }

    private static int ApiVersion(string version)
    {
        var parts = version.Split('.');
        return parts.Length >= 2 && parts[0] == "1"
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            ? minor
            : throw new RuntimeLoadException($"ONNX Runtime states version '{version}'; expected 1.x.y.");
    }

    private ImmutableArray<string> ReadProviders()
    {
        nint* names;
        int count;
        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint**, int*, nint>)Api[OrtFunction.GetAvailableProviders])(&names, &count), "GetAvailableProviders");
        var providers = ImmutableArray.CreateBuilder<string>(count);
        for (var i = 0; i < count; i++)
        {
            providers.Add(NativeText.Read(names[i]));
        }

        Api.Check(
            ((delegate* unmanaged[Cdecl]<nint*, int, nint>)Api[OrtFunction.ReleaseAvailableProviders])(names, count),
            "ReleaseAvailableProviders");
        return providers.MoveToImmutable();
    }
}
