using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Profiling.Device;

/// <summary>
/// Records what the GPU does in this process while it exists: kernels, those of a graph's launch each on its own, copies and fills. It slows
/// launches, so that it belongs into a pass of its own; a kernel's own time hardly changes. One at a time, as CUPTI has one per process.
/// </summary>
public sealed unsafe class ActivityRecorder : IDisposable
{
    private const nuint BufferBytes = 4 << 20;
    private const nuint BufferAlignment = 8;

    // A decode of an hour; more would only fill the memory.
    private const int MostActivities = 1 << 22;

    private static readonly int[] Kinds = [ActivityRecord.Kernel, ActivityRecord.Copy, ActivityRecord.Fill];
    private static readonly Lock Gate = new();

    // CUPTI's callbacks carry no context of their own.
    private static ActivityRecorder? current;

    private readonly CuptiLibrary _cupti;
    private readonly Dictionary<nint, string> _names = [];
    private readonly List<DeviceActivity> _activities = [];
    private long _dropped;
    private string? _failure;

    private ActivityRecorder(CuptiLibrary cupti) => _cupti = cupti;

    /// <summary>What would record here: the library and its version.</summary>
    /// <param name="cudaMajor">CUDA's major version; null where it is not known.</param>
    /// <exception cref="RuntimeLoadException">CUPTI is missing or is of another version.</exception>
    public static string Describe(int? cudaMajor)
    {
        var cupti = CuptiLibrary.Load(cudaMajor);
        return string.Create(CultureInfo.InvariantCulture, $"{cupti.Name}, API version {cupti.Version}");
    }

    /// <summary>Starts recording; to be called before the session that is recorded opens, so that what it captures is recorded too.</summary>
    /// <param name="cudaMajor">CUDA's major version in this process; null where it is not known.</param>
    /// <exception cref="RuntimeLoadException">CUPTI is missing, is of another version, or refuses to record.</exception>
    public static ActivityRecorder Start(int? cudaMajor) => Start(CuptiLibrary.Load(cudaMajor));

    /// <inheritdoc cref="Start(int?)"/>
    internal static ActivityRecorder Start(CuptiLibrary cupti)
    {
        var recorder = new ActivityRecorder(cupti);
        lock (Gate)
        {
            current = current is null ? recorder : throw new InvalidOperationException("The GPU is being recorded already.");
        }

        try
        {
            cupti.RegisterCallbacks(&Requested, &Completed);
            foreach (var kind in Kinds)
            {
                cupti.Enable(kind);
            }

            return recorder;
        }
        catch (RuntimeLoadException)
        {
            lock (Gate)
            {
                current = null;
            }

            throw;
        }
    }

    /// <summary>What the GPU did since this was asked last, in the order of the starts; the device must have been waited for.</summary>
    /// <exception cref="RuntimeLoadException">CUPTI lost records or could not be read: what it has is not all.</exception>
    public ImmutableArray<DeviceActivity> Take()
    {
        _cupti.Flush();
        lock (Gate)
        {
            if (_failure is not null || _dropped > 0)
            {
                throw new RuntimeLoadException(_failure ?? $"{_cupti.Name}: {_dropped} records found no room, so that times would be too short.");
            }

            var taken = _activities.OrderBy(static activity => activity.StartNs).ToImmutableArray();
            _activities.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var kind in Kinds)
        {
            _cupti.Disable(kind);
        }

        _cupti.Flush();
        lock (Gate)
        {
            current = null;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Requested(nint* buffer, nuint* bytes, nuint* mostRecords)
    {
        *buffer = (nint)NativeMemory.AlignedAlloc(BufferBytes, BufferAlignment);
        *bytes = BufferBytes;
        *mostRecords = 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Completed(nint context, uint stream, nint buffer, nuint bytes, nuint valid)
    {
        lock (Gate)
        {
            current?.Add(context, stream, buffer, valid);
        }

        NativeMemory.AlignedFree((void*)buffer);
    }

    // Runs on a thread of CUPTI, which no exception may enter: it is kept for whoever takes the records.
    private void Add(nint context, uint stream, nint buffer, nuint valid)
    {
        try
        {
            for (var record = _cupti.Next(buffer, valid, 0); record != 0; record = _cupti.Next(buffer, valid, record))
            {
                if (ActivityRecord.Read(record, _names) is not { } activity)
                {
                    continue;
                }

                if (_activities.Count == MostActivities)
                {
                    _dropped++;
                }
                else
                {
                    _activities.Add(activity);
                }
            }

            _dropped += _cupti.Dropped(context, stream);
        }
        catch (RuntimeLoadException exception)
        {
            _failure = exception.Message;
        }
    }
}
