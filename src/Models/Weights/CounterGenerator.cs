using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace EdgeFleet.Models.Weights;

/// <summary>
/// Random numbers by position: the number at an index depends on the key and the index alone, so any range can be made by itself. Integer
/// operations and exact conversions only, so that every architecture makes the same bits.
/// </summary>
internal readonly struct CounterGenerator
{
    private const uint Golden = 0x9E3779B9;
    private const uint SecondWord = 0x85EBCA6B;
    private const int UniformBits = 23;
    private const float NormalMean = 2 * 65535f;

    // The sum of four uniform 16-bit numbers has the variance 4 (2^32 - 1) / 12.
    private static readonly double NormalDeviation = Math.Sqrt(4294967295.0 / 3);

    private readonly uint _indexKey;
    private readonly uint _pageKey;

    private CounterGenerator(uint indexKey, uint pageKey)
    {
        _indexKey = indexKey;
        _pageKey = pageKey;
    }

    /// <summary>The generator of a tensor.</summary>
    public static CounterGenerator Create(ulong seed, string name)
    {
        var text = new byte[sizeof(ulong) + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(text, seed);
        Encoding.UTF8.GetBytes(name, text.AsSpan(sizeof(ulong)));
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        return new CounterGenerator(
            BinaryPrimitives.ReadUInt32LittleEndian(digest), BinaryPrimitives.ReadUInt32LittleEndian(digest[sizeof(uint)..]));
    }

    /// <summary>A number in 0 (included) to 1 (excluded), for the few values that go through further functions.</summary>
    public double Fraction(long index) => Word(index) / 4294967296.0;

    /// <summary>Fills with numbers uniform in plus or minus <paramref name="limit"/>.</summary>
    public void FillUniform(long firstIndex, double limit, Span<float> destination)
    {
        var scale = (float)(limit / (1 << UniformBits));
        for (var i = 0; i < destination.Length;)
        {
            var (page, count) = Page(firstIndex + i, destination.Length - i);
            i += FillVectors(firstIndex + i, destination.Slice(i, count), page, scale, new UniformShape());
        }
    }

    /// <summary>Fills with numbers of mean 0 and the given standard deviation.</summary>
    public void FillNormal(long firstIndex, double deviation, Span<float> destination)
    {
        var scale = (float)(deviation / NormalDeviation);
        for (var i = 0; i < destination.Length;)
        {
            var (page, count) = Page(firstIndex + i, destination.Length - i);
            i += FillVectors(firstIndex + i, destination.Slice(i, count), page, scale, new NormalShape());
        }
    }

    private interface IShape
    {
        Vector<float> Shape(Vector<uint> word);
    }

    private int FillVectors<TShape>(long firstIndex, Span<float> destination, uint page, float scale, TShape shape)
        where TShape : struct, IShape
    {
        var index = Vector<uint>.Indices + new Vector<uint>((uint)firstIndex);
        var indexKey = new Vector<uint>(_indexKey);
        var pageKey = new Vector<uint>(page);
        var i = 0;
        for (; i <= destination.Length - Vector<uint>.Count; i += Vector<uint>.Count)
        {
            var word = Mix(Mix(index + indexKey) ^ pageKey);
            (shape.Shape(word) * scale).CopyTo(destination[i..]);
            index += new Vector<uint>((uint)Vector<uint>.Count);
        }

        if (i < destination.Length)
        {
            var last = shape.Shape(Mix(Mix(index + indexKey) ^ pageKey)) * scale;
            for (var lane = 0; i < destination.Length; i++, lane++)
            {
                destination[i] = last[lane];
            }
        }

        return destination.Length;
    }

    // Indices are cut into pages of 2^32, so that the loop counts in 32 bits.
    private (uint Key, int Count) Page(long index, int remaining)
    {
        var toPageEnd = (1L << 32) - (index & uint.MaxValue);
        return (PageKey(index), (int)Math.Min(remaining, toPageEnd));
    }

    private uint PageKey(long index) => Mix(_pageKey + ((uint)(index >> 32) * Golden));

    private uint Word(long index) => Mix(Mix((uint)index + _indexKey) ^ PageKey(index));

    // A bijection of 32-bit numbers with little bias (Chris Wellons, "Prospecting for hash functions", 2018).
    private static uint Mix(uint x)
    {
        x ^= x >> 16;
        x *= 0x7FEB352D;
        x ^= x >> 15;
        x *= 0x846CA68B;
        return x ^ (x >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> Mix(Vector<uint> x)
    {
        x ^= x >>> 16;
        x *= new Vector<uint>(0x7FEB352D);
        x ^= x >>> 15;
        x *= new Vector<uint>(0x846CA68B);
        return x ^ (x >>> 16);
    }

    private readonly struct UniformShape : IShape
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Shape(Vector<uint> word) => Vector.ConvertToSingle(Vector.AsVectorInt32(word) >> (31 - UniformBits));
    }

    private readonly struct NormalShape : IShape
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector<float> Shape(Vector<uint> word)
        {
            var second = Mix(word ^ new Vector<uint>(SecondWord));
            var mask = new Vector<uint>(0xFFFF);
            var sum = (word & mask) + (word >>> 16) + ((second & mask) + (second >>> 16));
            return Vector.ConvertToSingle(Vector.AsVectorInt32(sum)) - new Vector<float>(NormalMean);
        }
    }
}
