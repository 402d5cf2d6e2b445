using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Net.Client;

namespace EdgeFleet.Collector.Bench;

/// <summary>What an operator does.</summary>
internal sealed class Operator(CollectorAddress address) : IDisposable
{
    private readonly GrpcChannel channel = CollectorClient.Open(address);

    private Fleet.FleetClient Fleet => new(channel);

    /// <summary>Launches a sweep of one model with so many runs a device, and lists its runs.</summary>
    public async Task<List<Run>> LaunchAsync(string selector, int runsPerDevice, int firstContext)
    {
        var document = $"models: mamba2-130m\ndevices: '{selector}'\ncontext: {firstContext}-{firstContext + runsPerDevice - 1}\ndecode: 64\nrepeats: 1\norder: sequential\ntimeout: 1h";
        var sweep = await Fleet.CreateSweepAsync(new CreateSweepRequest { Document = document, MaxRuns = 100_000 });
        var all = new List<Run>();
        var request = new ListRunsRequest { SweepId = sweep.SweepId, PageSize = 1000 };
        do
        {
            var page = await Fleet.ListRunsAsync(request);
            all.AddRange(page.Runs);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    /// <summary>Devices that are connected.</summary>
    public async Task<uint> OnlineAsync() => (await Fleet.GetStatusAsync(new GetStatusRequest())).DevicesOnline;

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();
}
