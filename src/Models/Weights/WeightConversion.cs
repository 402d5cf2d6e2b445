using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace EdgeFleet.Models.Weights;

/// <summary>Exact conversions of stored weights to float32.</summary>
internal static class WeightConversion
{
    /// <summary>Converts little-endian elements; the source need not be aligned.</summary>
    public static void ToSingle(TensorElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case TensorElementType.Float32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorElementType.BFloat16:
                BFloat16Conversion.ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of weights.");
        }
    }
}
