using EdgeFleet.Collector.Devices;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Sweeps;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace EdgeFleet.Collector.Ingest;

/// <summary>Uploads of traces.</summary>
[Authorize(Roles = TokenAuthentication.Agent)]
internal sealed class TracesService(TraceIngest ingest, PartialUploads parts, IGrainFactory grains) : Traces.TracesBase
{
    private const int LargestChunk = 1 << 20;
    private const int MostOpen = 64;
    private const int MostInFlight = 32;

    /// <inheritdoc/>
    public override async Task Upload(IAsyncStreamReader<TraceChunk> requestStream, IServerStreamWriter<TraceAck> responseStream, ServerCallContext context)
    {
        // Traces that are complete are stored side by side, so that one stream fills a group commit; answers come as they are ready.
        var open = new Dictionary<ulong, PartialUpload>();
        using var answering = new SemaphoreSlim(1);
        using var window = new SemaphoreSlim(MostInFlight);
        var storing = new List<Task>();
        async Task AnswerAsync(TraceAck ack)
        {
            await answering.WaitAsync(context.CancellationToken);
            try
            {
                await responseStream.WriteAsync(ack);
            }
            finally
            {
                answering.Release();
            }
        }

        async Task StoreAsync(ulong sequence, PartialUpload upload)
        {
            try
            {
                await AnswerAsync(await FinishAsync(sequence, upload));
            }
            finally
            {
                window.Release();
            }
        }

        try
        {
            while (await requestStream.MoveNext(context.CancellationToken))
            {
                var chunk = requestStream.Current;
                storing.RemoveAll(t => t.IsCompletedSuccessfully);
                if (storing.FirstOrDefault(t => t.IsFaulted) is { } failed) await failed;
                if (chunk.SpoolSequence == 0) throw Invalid("spool_sequence", "must be at least 1");
                if (chunk.Data.Length > LargestChunk) throw Invalid("data", $"has {chunk.Data.Length} bytes; at most {LargestChunk} are allowed");
                if (chunk.Header is { } header)
                {
                    if (TraceRules.Check(header) is { } problem)
                    {
                        await AnswerAsync(new TraceAck { SpoolSequence = chunk.SpoolSequence, State = TraceState.Refused, Reason = problem });
                        continue;
                    }

                    if (!open.ContainsKey(chunk.SpoolSequence) && open.Count == MostOpen) throw Invalid("header", $"more than {MostOpen} traces are incomplete in this stream");
                    if (open.Remove(chunk.SpoolSequence, out var older)) older.Dispose();
                    open[chunk.SpoolSequence] = parts.Open(header);
                }

                // Data of a trace that was refused, or answered, may still be under way.
                if (!open.TryGetValue(chunk.SpoolSequence, out var upload)) continue;
                var fits = upload.Append(chunk.OffsetBytes, chunk.Data.Span);
                if (upload.IsComplete)
                {
                    open.Remove(chunk.SpoolSequence);
                    await window.WaitAsync(context.CancellationToken);
#pragma warning disable CA2025 // The task owns the upload from here on, and disposes of it.
                    storing.Add(StoreAsync(chunk.SpoolSequence, upload));
#pragma warning restore CA2025
                }
                else if (!fits || chunk.Data.IsEmpty || upload.IsAtMilestone)
                {
                    await AnswerAsync(new TraceAck { SpoolSequence = chunk.SpoolSequence, State = TraceState.Receiving, ReceivedBytes = upload.Received });
                }
            }
        }
        finally
        {
            foreach (var upload in open.Values) upload.Dispose();
            await Task.WhenAll(storing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(storing);
    }

    private async Task<TraceAck> FinishAsync(ulong sequence, PartialUpload upload)
    {
        IngestedTrace? stored;
        string? refused;
        try
        {
            (stored, refused) = await ingest.StoreAsync(sequence, upload.Header, upload.Take());
        }
        catch
        {
            // The disk is full, for instance: the part stays, and the sender tries again.
            upload.Dispose();
            throw;
        }

        upload.Discard();
        if (stored is null) return new TraceAck { SpoolSequence = sequence, State = TraceState.Refused, ReceivedBytes = upload.Header.EncodedBytes, Reason = refused };
        if (stored.Disposition is not (TraceDisposition.Duplicate or TraceDisposition.Conflict or TraceDisposition.Stale))
        {
            await grains.GetGrain<IDeviceGrain>(stored.DeviceId).Wake();
            await grains.GetGrain<ISweepGrain>(stored.SweepId).Changed();
        }

        return new TraceAck { SpoolSequence = sequence, State = TraceState.Stored, ReceivedBytes = upload.Header.EncodedBytes, Disposition = stored.Disposition };
    }

    private static RpcException Invalid(string field, string problem) => new(new Status(StatusCode.InvalidArgument, $"{field}: {problem}"));
}
