using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>NVIDIA's profiling library (CUPTI), loaded by name when it is there: nothing is linked against it.</summary>
internal sealed unsafe class CuptiLibrary
{
    // CUPTI_API_VERSION of CUDA 12.0, and of 13.0; before 13.0 it was a running number.
    private const uint Oldest12 = 18;
    private const uint Newest12 = 99;
    private const uint Oldest13 = 130_000;
    private const uint Newest13 = 139_999;
    private const uint FlushForced = 1;
    private const string ToolkitDirectory = "/usr/local/cuda/extras/CUPTI/lib64";

    private static readonly int[] KnownMajors = [13, 12];

    private readonly nint _library;

    private CuptiLibrary(nint library, string name)
    {
        _library = library;
        Name = name;
        uint version = 0;
        Check(((delegate* unmanaged[Cdecl]<uint*, int>)Function("cuptiGetVersion"))(&version), "cuptiGetVersion");
        Version = version;
    }

    /// <summary>Name that the library was found by.</summary>
    public string Name { get; }

    /// <summary>CUPTI_API_VERSION.</summary>
    public uint Version { get; }

    /// <summary>Loads the library.</summary>
    /// <param name="cudaMajor">CUDA's major version in this process; null tries 13, then 12.</param>
    /// <exception cref="RuntimeLoadException">It is not there, or its records are of a version that is not known.</exception>
    public static CuptiLibrary Load(int? cudaMajor)
    {
        string[] names =
        [
            .. (cudaMajor is { } one ? [one] : KnownMajors).SelectMany(static major =>
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"libcupti.so.{major}");
                return (string[])[name, Path.Combine(ToolkitDirectory, name)];
            }),
        ];
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return Checked(new CuptiLibrary(library, name));
            }
        }

        throw new RuntimeLoadException(
            $"{string.Join(" or ", names)}: no such library, so that the GPU's kernels cannot be timed. Install CUPTI (part of the CUDA "
            + "toolkit, cuda-cupti) and put its directory on LD_LIBRARY_PATH.");
    }

    /// <summary>Loads a library by its path.</summary>
    /// <inheritdoc cref="Load(int?)"/>
    internal static CuptiLibrary LoadFrom(string path) => NativeLibrary.TryLoad(path, out var library)
        ? Checked(new CuptiLibrary(library, path))
        : throw new RuntimeLoadException($"{path}: no such library.");

    /// <summary>Says who gives buffers and who takes them back.</summary>
    public void RegisterCallbacks(
        delegate* unmanaged[Cdecl]<nint*, nuint*, nuint*, void> requested, delegate* unmanaged[Cdecl]<nint, uint, nint, nuint, nuint, void> completed) =>
        Check(
            ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<nint*, nuint*, nuint*, void>, delegate* unmanaged[Cdecl]<nint, uint, nint, nuint, nuint, void>, int>)
                Function("cuptiActivityRegisterCallbacks"))(requested, completed),
            "cuptiActivityRegisterCallbacks");

    /// <summary>Records activities of a kind from now on.</summary>
    public void Enable(int kind) =>
        Check(((delegate* unmanaged[Cdecl]<int, int>)Function("cuptiActivityEnable"))(kind), string.Create(CultureInfo.InvariantCulture, $"cuptiActivityEnable({kind})"));

    /// <summary>Records them no longer.</summary>
    public void Disable(int kind) =>
        Check(((delegate* unmanaged[Cdecl]<int, int>)Function("cuptiActivityDisable"))(kind), string.Create(CultureInfo.InvariantCulture, $"cuptiActivityDisable({kind})"));

    /// <summary>Hands over all buffers, those that are not full too.</summary>
    public void Flush() => Check(((delegate* unmanaged[Cdecl]<uint, int>)Function("cuptiActivityFlushAll"))(FlushForced), "cuptiActivityFlushAll");

    /// <summary>The record behind another in a buffer, or behind none.</summary>
    /// <returns>0 at the end.</returns>
    public nint Next(nint buffer, nuint valid, nint record) =>
        ((delegate* unmanaged[Cdecl]<nint, nuint, nint*, int>)Function("cuptiActivityGetNextRecord"))(buffer, valid, &record) == 0 ? record : 0;

    /// <summary>Records that found no room since this was asked last.</summary>
    public long Dropped(nint context, uint stream)
    {
        nuint dropped = 0;
        Check(
            ((delegate* unmanaged[Cdecl]<nint, uint, nuint*, int>)Function("cuptiActivityGetNumDroppedRecords"))(context, stream, &dropped),
            "cuptiActivityGetNumDroppedRecords");
        return (long)dropped;
    }

    private static CuptiLibrary Checked(CuptiLibrary library) => library.Version is >= Oldest12 and <= Newest12 or >= Oldest13 and <= Newest13
        ? library
        : throw new RuntimeLoadException(string.Create(
            CultureInfo.InvariantCulture,
            $"{library.Name}: CUPTI API version {library.Version}; this program reads the records of CUDA 12 ({Oldest12} to {Newest12}) and "
            + $"13 ({Oldest13} to {Newest13}). Use the CUPTI of the runtime pack's CUDA version."));

    private nint Function(string name) => NativeLibrary.TryGetExport(_library, name, out var address)
        ? address
        : throw new RuntimeLoadException($"{Name}: has no {name}; this is not CUPTI, or one older than CUDA 12.");

    private void Check(int error, string call)
    {
        if (error == 0)
        {
            return;
        }

        var text = "unknown error";
        if (NativeLibrary.TryGetExport(_library, "cuptiGetResultString", out var describe))
        {
            nint description = 0;
            if (((delegate* unmanaged[Cdecl]<int, nint*, int>)describe)(error, &description) == 0)
            {
                text = NativeText.Read(description);
            }
        }

        throw new RuntimeLoadException(string.Create(CultureInfo.InvariantCulture, $"{Name}: {call} fails with {text} ({error})."));
    }
}
