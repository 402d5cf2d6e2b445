using System.Collections.Immutable;
using System.Globalization;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>A session's allocator for one kind of memory.</summary>
public sealed unsafe class OrtAllocator : OrtHandle
{
    internal OrtAllocator(OrtSession session, nint handle)
        : base(session.Library, handle, OrtFunction.ReleaseAllocator, session)
    {
    }

    /// <summary>
    /// Statistics by ONNX Runtime's names (<c>InUse</c>, <c>MaxInUse</c>, <c>TotalAllocated</c>, <c>NumAllocs</c>, ...), bytes or counts;
    /// empty for an allocator that keeps none.
    /// </summary>
    public ImmutableSortedDictionary<string, long> Statistics()
    {
        var pairs = Api.Get(OrtFunction.AllocatorGetStats, Native, "AllocatorGetStats");
        try
        {
            nint* keys;
            nint* values;
            nuint count;
            ((delegate* unmanaged[Cdecl]<nint, nint**, nint**, nuint*, void>)Api[OrtFunction.GetKeyValuePairs])(pairs, &keys, &values, &count);
            var statistics = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
            for (nuint i = 0; i < count; i++)
            {
                // Values that are not numbers are not statistics.
                if (long.TryParse(NativeText.Read(values[i]), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
                {
                    statistics[NativeText.Read(keys[i])] = value;
                }
            }

            return statistics.ToImmutable();
        }
        finally
        {
            Api.Release(OrtFunction.ReleaseKeyValuePairs, pairs);
        }
    }
}
