using EdgeFleet.Agent.Link;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Serilog;

namespace EdgeFleet.Agent.Delivery;

/// <summary>Delivers what the spool holds, oldest first, whenever there is a link. A trace leaves the spool when the collector says that it is stored, or never will be.</summary>
internal sealed class TraceDelivery(TraceOutbox outbox, Func<CancellationToken, Task<CollectorChannel>> link, LinkOptions options, TimeProvider time, ILogger log)
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Traces up to this size go without asking what the collector has of them; it keeps no part of those.</summary>
    private const int SmallBytes = 256 << 10;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Delivers until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pipeline = Reconnection.Pipeline(options, time, (error, delay) => log.Warning("Delivery stopped: {Problem} It goes on in {Delay:0.0} s.", error.Message, delay.TotalSeconds));
        while (true)
        {
            if (outbox.Peek() is null) await outbox.WaitAsync(LookInterval, cancellation);
            else await pipeline.ExecuteAsync(async token => await DeliverAsync(token), cancellation);
        }
    }

    private async Task DeliverAsync(CancellationToken cancellation)
    {
        var channel = await link(cancellation);
        using var call = channel.Traces.Upload(cancellationToken: cancellation);
        while (outbox.Peek() is { } item)
        {
            var ack = await SendAsync(call, item.Sequence, item.Chunk, cancellation);
            if (ack.State == TraceState.Stored)
            {
                outbox.Acknowledge(item.Sequence);
                log.Information("The trace of run {RunId} is delivered ({Disposition}).", item.Chunk.Header.RunId, ack.Disposition);
            }
            else
            {
                outbox.Refuse(item.Sequence);
                log.Error("The collector refused the trace of run {RunId}, which is dropped: {Reason}", item.Chunk.Header.RunId, ack.Reason);
            }
        }

        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(cancellation).WaitAsync(Patience, time, cancellation))
        {
            // Nothing is open any more; the stream's end says that the collector has read its end.
        }
    }

    private async Task<TraceAck> SendAsync(AsyncDuplexStreamingCall<TraceChunk, TraceAck> call, long sequence, TraceChunk trace, CancellationToken cancellation)
    {
        var number = (ulong)sequence;
        var data = trace.Data;
        var offset = 0;
        if (data.Length <= SmallBytes)
        {
            await WriteAsync(call, new TraceChunk { SpoolSequence = number, Header = trace.Header, Data = data }, cancellation);
        }
        else
        {
            await WriteAsync(call, new TraceChunk { SpoolSequence = number, Header = trace.Header }, cancellation);
            var known = await ReadAsync(call, number, cancellation);
            if (known.State is TraceState.Stored or TraceState.Refused) return known;
            offset = known.ReceivedBytes <= (ulong)data.Length ? (int)known.ReceivedBytes : 0;
            for (; offset < data.Length; offset += ChunkBytes)
            {
                var piece = data.Memory.Slice(offset, Math.Min(ChunkBytes, data.Length - offset));
                await WriteAsync(call, new TraceChunk { SpoolSequence = number, OffsetBytes = (ulong)offset, Data = UnsafeByteOperations.UnsafeWrap(piece) }, cancellation);
            }
        }

        // Answers on the way up to here only say how far the collector is.
        while (true)
        {
            var ack = await ReadAsync(call, number, cancellation);
            if (ack.State is TraceState.Stored or TraceState.Refused) return ack;
        }
    }

    private Task WriteAsync(AsyncDuplexStreamingCall<TraceChunk, TraceAck> call, TraceChunk chunk, CancellationToken cancellation) =>
        call.RequestStream.WriteAsync(chunk, cancellation).WaitAsync(Patience, time, cancellation);

    private async Task<TraceAck> ReadAsync(AsyncDuplexStreamingCall<TraceChunk, TraceAck> call, ulong sequence, CancellationToken cancellation)
    {
        while (await call.ResponseStream.MoveNext(cancellation).WaitAsync(Patience, time, cancellation))
        {
            if (call.ResponseStream.Current.SpoolSequence == sequence) return call.ResponseStream.Current;
        }

        throw new LinkException("the collector ended the upload before it answered.");
    }
}
