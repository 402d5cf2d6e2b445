using System.Globalization;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Devices;

/// <summary>TensorRT as it is installed; ONNX Runtime's provider is linked against it and tells little where it is missing.</summary>
public sealed unsafe class TensorRtLibrary
{
    /// <summary>The major version that ONNX Runtime's provider is built for.</summary>
    public const int SupportedMajor = 10;

    private const int MajorDigits = 10_000;
    private const int MinorDigits = 100;

    // The provider needs the parser as well.
    private static readonly string[] Names =
    [
        string.Create(CultureInfo.InvariantCulture, $"libnvinfer.so.{SupportedMajor}"),
        string.Create(CultureInfo.InvariantCulture, $"libnvonnxparser.so.{SupportedMajor}"),
    ];

    private TensorRtLibrary(string version) => Version = version;

    /// <summary>Version, e.g. <c>10.3.0</c>.</summary>
    public string Version { get; }

    /// <summary>Loads the libraries.</summary>
    /// <exception cref="RuntimeLoadException">One is missing, or is of another major version than it is named.</exception>
    public static TensorRtLibrary Load()
    {
        var libraries = Names.Select(static name => NativeLibrary.TryLoad(name, out var library)
            ? library
            : throw new RuntimeLoadException(
                $"{name}: no such library. Install TensorRT {SupportedMajor} and put its directory on LD_LIBRARY_PATH, or use provider cuda.")).ToArray();
        if (!NativeLibrary.TryGetExport(libraries[0], "getInferLibVersion", out var version))
        {
            throw new RuntimeLoadException($"{Names[0]}: has no getInferLibVersion; this is not TensorRT.");
        }

        var number = ((delegate* unmanaged[Cdecl]<int>)version)();
        return Parse(number) is { } text
            ? new TensorRtLibrary(text)
            : throw new RuntimeLoadException(string.Create(
                CultureInfo.InvariantCulture, $"{Names[0]}: states version {number}; expected {SupportedMajor}.x. Install TensorRT {SupportedMajor}."));
    }

    /// <summary>The text of <c>NV_TENSORRT_VERSION</c>: major, minor and patch in decimal digits; null for another major version.</summary>
    internal static string? Parse(int number) => number / MajorDigits == SupportedMajor
        ? string.Create(CultureInfo.InvariantCulture, $"{number / MajorDigits}.{number % MajorDigits / MinorDigits}.{number % MinorDigits}")
        : null;
}
