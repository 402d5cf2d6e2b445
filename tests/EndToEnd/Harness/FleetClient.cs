using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>Calls to a collector with one of its strings.</summary>
internal sealed class FleetClient : IDisposable
{
    private readonly GrpcChannel channel;
    private readonly SocketsHttpHandler connections;
    private readonly HttpClient http;

    /// <param name="address">Join or operator string.</param>
    public FleetClient(string address)
    {
        Address = CollectorAddress.Parse(address);
        connections = Handler();
        http = new HttpClient(connections, disposeHandler: false);
        channel = GrpcChannel.ForAddress(Address.Uri, new GrpcChannelOptions
        {
            HttpHandler = Handler(),
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(new SslCredentials(), CallCredentials.FromInterceptor((_, metadata) =>
            {
                metadata.Add("authorization", "Bearer " + Address.Token);
                return Task.CompletedTask;
            })),
        });
        Fleet = new Fleet.FleetClient(channel);
        Artifacts = new Artifacts.ArtifactsClient(channel);
        Traces = new Traces.TracesClient(channel);
    }

    /// <summary>Where it calls.</summary>
    public CollectorAddress Address { get; }

    public Fleet.FleetClient Fleet { get; }

    public Artifacts.ArtifactsClient Artifacts { get; }

    public Traces.TracesClient Traces { get; }

    /// <summary>A page of the same port.</summary>
    public Task<string> GetAsync(string path) => http.GetStringAsync(new Uri(Address.Uri, path));

    public void Dispose()
    {
        http.Dispose();
        connections.Dispose();
        channel.Dispose();
    }

    // One each: a channel changes how its handler connects.
    private SocketsHttpHandler Handler() => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is X509Certificate2 c && Convert.ToHexStringLower(SHA256.HashData(c.PublicKey.ExportSubjectPublicKeyInfo())) == Address.Fingerprint,
        },
    };
}
