using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Agent.Telemetry.Nvidia;

/// <summary>
/// NVIDIA's management library, loaded by name when it is there: nothing is linked against it. Functions are looked up one by one, since drivers differ
/// in what they export. Signatures after NVML's API reference.
/// </summary>
internal sealed unsafe class NvmlLibrary : IDisposable
{
    /// <summary>The library of the driver.</summary>
    public const string DefaultName = "libnvidia-ml.so.1";

    /// <summary>Clock domain of the streaming multiprocessors.</summary>
    public const uint Multiprocessors = 1;

    /// <summary>Clock domain of the memory.</summary>
    public const uint MemoryClock = 2;

    private const int Success = 0;
    private const int NameBytes = 96;
    private readonly nint library;
    private bool started;

    private NvmlLibrary(nint library) => this.library = library;

    /// <summary>Loads and starts the library.</summary>
    /// <param name="name">Name or path.</param>
    /// <exception cref="SensorException">It is not there, or the driver does not answer.</exception>
    public static NvmlLibrary Open(string name)
    {
        if (!NativeLibrary.TryLoad(name, out var handle)) throw new SensorException($"{name} is not installed");
        var library = new NvmlLibrary(handle);
        try
        {
            library.Check("nvmlInit_v2", ((delegate* unmanaged[Cdecl]<int>)library.Function("nvmlInit_v2"))());
            library.started = true;
            return library;
        }
        catch (SensorException)
        {
            library.Dispose();
            throw;
        }
    }

    /// <summary>Version of the driver.</summary>
    public string DriverVersion()
    {
        const string function = "nvmlSystemGetDriverVersion";
        var buffer = stackalloc byte[NameBytes];
        Check(function, ((delegate* unmanaged[Cdecl]<byte*, uint, int>)Function(function))(buffer, NameBytes));
        return Text(buffer);
    }

    /// <summary>Newest CUDA that the driver serves, e.g. <c>13.0</c>.</summary>
    public string CudaDriverVersion()
    {
        const string function = "nvmlSystemGetCudaDriverVersion_v2";
        int version;
        Check(function, ((delegate* unmanaged[Cdecl]<int*, int>)Function(function))(&version));
        return $"{version / 1000}.{version % 1000 / 10}";
    }

    /// <summary>Handles of the GPUs.</summary>
    public nint[] Devices()
    {
        uint count;
        Check("nvmlDeviceGetCount_v2", ((delegate* unmanaged[Cdecl]<uint*, int>)Function("nvmlDeviceGetCount_v2"))(&count));
        var devices = new nint[count];
        for (uint i = 0; i < count; i++)
        {
            nint device;
            Check("nvmlDeviceGetHandleByIndex_v2", ((delegate* unmanaged[Cdecl]<uint, nint*, int>)Function("nvmlDeviceGetHandleByIndex_v2"))(i, &device));
            devices[i] = device;
        }

        return devices;
    }

    /// <summary>Name of a GPU, e.g. <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string Name(nint device) => DeviceText("nvmlDeviceGetName", device);

    /// <summary>Identity of a GPU that stays over reboots.</summary>
    public string Uuid(nint device) => DeviceText("nvmlDeviceGetUUID", device);

    /// <summary>Board power in milliwatts.</summary>
    public double PowerMilliwatts(nint device) => Number("nvmlDeviceGetPowerUsage", device);

    /// <summary>Energy since the driver was loaded, millijoules.</summary>
    public double EnergyMillijoules(nint device) => LongNumber("nvmlDeviceGetTotalEnergyConsumption", device);

    /// <summary>Bits of what holds the clocks down.</summary>
    public double ThrottleReasons(nint device) => LongNumber("nvmlDeviceGetCurrentClocksThrottleReasons", device);

    /// <summary>Clock of a domain in megahertz.</summary>
    public double ClockMegahertz(nint device, uint domain) => Number("nvmlDeviceGetClockInfo", device, domain);

    /// <summary>The highest clock that a domain may have, megahertz.</summary>
    public double LargestClockMegahertz(nint device, uint domain) => Number("nvmlDeviceGetMaxClockInfo", device, domain);

    /// <summary>The power that the board may draw, milliwatts, as it is enforced now.</summary>
    public double PowerLimitMilliwatts(nint device) => Number("nvmlDeviceGetEnforcedPowerLimit", device);

    /// <summary>Temperature of the die in degrees Celsius.</summary>
    public double Temperature(nint device) => Number("nvmlDeviceGetTemperature", device, 0);

    /// <summary>Percent of the last sampling period in which a kernel was running.</summary>
    public double UtilizationPercent(nint device)
    {
        const string function = "nvmlDeviceGetUtilizationRates";
        var rates = stackalloc uint[2];
        Check(function, ((delegate* unmanaged[Cdecl]<nint, uint*, int>)Function(function))(device, rates));
        return rates[0];
    }

    /// <summary>Device memory in use, bytes.</summary>
    public double MemoryUsedBytes(nint device)
    {
        const string function = "nvmlDeviceGetMemoryInfo";
        var sizes = stackalloc ulong[3];
        Check(function, ((delegate* unmanaged[Cdecl]<nint, ulong*, int>)Function(function))(device, sizes));
        return sizes[2];
    }

    public void Dispose()
    {
        if (started) _ = ((delegate* unmanaged[Cdecl]<int>)Function("nvmlShutdown"))();
        started = false;
        NativeLibrary.Free(library);
    }

    private double Number(string function, nint device)
    {
        uint value;
        Check(function, ((delegate* unmanaged[Cdecl]<nint, uint*, int>)Function(function))(device, &value));
        return value;
    }

    private double Number(string function, nint device, uint kind)
    {
        uint value;
        Check(function, ((delegate* unmanaged[Cdecl]<nint, uint, uint*, int>)Function(function))(device, kind, &value));
        return value;
    }

    private double LongNumber(string function, nint device)
    {
        ulong value;
        Check(function, ((delegate* unmanaged[Cdecl]<nint, ulong*, int>)Function(function))(device, &value));
        return value;
    }

    private string DeviceText(string function, nint device)
    {
        var buffer = stackalloc byte[NameBytes];
        Check(function, ((delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)Function(function))(device, buffer, NameBytes));
        return Text(buffer);
    }

    private static string Text(byte* buffer) => Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer));

    private nint Function(string name) =>
        NativeLibrary.TryGetExport(library, name, out var address) ? address : throw new SensorException($"this driver's NVML has no function {name}");

    private void Check(string function, int status)
    {
        if (status == Success) return;
        var words = NativeLibrary.TryGetExport(library, "nvmlErrorString", out var address)
            ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<int, nint>)address)(status)) : null;
        throw new SensorException($"{function}: {words ?? $"error {status}"}");
    }
}
