using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Collector.Bench;

/// <summary>What an operator does.</summary>
internal sealed class Operator(CollectorAddress address) : IDisposable
{
    private readonly GrpcChannel channel = CollectorClient.Open(address);

    private Fleet.FleetClient Fleet => new(channel);

    /// <summary>Launches a sweep of one model with so many runs a device, and lists its runs.</summary>
    public async Task<List<Run>> LaunchAsync(string selector, int runsPerDevice, int firstContext, uint decode) => await RunsAsync(await CreateAsync(
        $"models: mamba2-130m\ndevices: '{selector}'\ncontext: {firstContext}-{firstContext + runsPerDevice - 1}\ndecode: {decode}\nrepeats: 1\norder: sequential\ntimeout: 1h"));

    /// <summary>Launches a sweep, waits for its end and lists its runs.</summary>
    public async Task<List<Run>> PerformAsync(string document)
    {
        var sweep = await CreateAsync(document);
        using var watch = Fleet.WatchSweep(new WatchSweepRequest { SweepId = sweep });
        await watch.ResponseStream.ReadAllAsync().CountAsync();
        return await RunsAsync(sweep);
    }

    /// <summary>The trace that ended a run.</summary>
    public async Task<Trace> TraceAsync(string runId) => await Fleet.GetRunTraceAsync(new GetRunTraceRequest { RunId = runId });

    /// <summary>Devices that are connected.</summary>
    public async Task<uint> OnlineAsync() => (await Fleet.GetStatusAsync(new GetStatusRequest())).DevicesOnline;

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private async Task<string> CreateAsync(string document) => (await Fleet.CreateSweepAsync(new CreateSweepRequest { Document = document, MaxRuns = 100_000 })).SweepId;

    private async Task<List<Run>> RunsAsync(string sweepId)
    {
        var all = new List<Run>();
        var request = new ListRunsRequest { SweepId = sweepId, PageSize = 1000 };
        do
        {
            var page = await Fleet.ListRunsAsync(request);
            all.AddRange(page.Runs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }
}
