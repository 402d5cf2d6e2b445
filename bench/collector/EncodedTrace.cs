using EdgeFleet.Protos.V1;
using Google.Protobuf;

namespace EdgeFleet.Collector.Bench;

/// <summary>A trace as it goes over the wire.</summary>
/// <param name="Header">What it is.</param>
/// <param name="Bytes">Its bytes.</param>
internal sealed record EncodedTrace(TraceHeader Header, byte[] Bytes)
{
    private const int Chunk = 256 << 10;

    /// <summary>Its chunks, in order.</summary>
    /// <param name="sequence">Its number within the stream.</param>
    public IEnumerable<TraceChunk> Chunks(ulong sequence)
    {
        for (var offset = 0; offset < Bytes.Length; offset += Chunk)
        {
            var chunk = new TraceChunk { SpoolSequence = sequence, OffsetBytes = (ulong)offset, Data = UnsafeByteOperations.UnsafeWrap(Bytes.AsMemory(offset, Math.Min(Chunk, Bytes.Length - offset))) };
            if (offset == 0) chunk.Header = Header;
            yield return chunk;
        }
    }
}
