using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.Devices;

/// <summary>
/// cuDNN as it is installed. ONNX Runtime's CUDA provider does without it, but attention is faster with it, and its decode steps are then not the
/// same bit for bit: results are bound to whether it is there.
/// </summary>
public static unsafe class CudnnLibrary
{
    /// <summary>The library that ONNX Runtime's provider looks for.</summary>
    public const string Name = "libcudnn.so.9";

    private const int MajorDigits = 10_000;
    private const int MinorDigits = 100;

    /// <summary>Its version, e.g. <c>9.14.0</c>; null where it is not on the loader's path.</summary>
    public static string? Version() => NativeLibrary.TryLoad(Name, out var library) && NativeLibrary.TryGetExport(library, "cudnnGetVersion", out var version)
        ? Parse((long)((delegate* unmanaged[Cdecl]<nuint>)version)())
        : null;

    /// <summary>The text of <c>CUDNN_VERSION</c> from version 9 on: major, minor and patch in decimal digits.</summary>
    internal static string Parse(long number) => string.Create(
        CultureInfo.InvariantCulture, $"{number / MajorDigits}.{number % MajorDigits / MinorDigits}.{number % MinorDigits}");
}
