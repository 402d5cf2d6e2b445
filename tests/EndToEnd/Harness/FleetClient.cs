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

    /// <param name="address">Join or operator string.</param>
    public FleetClient(string address)
    {
        Address = CollectorAddress.Parse(address);
        channel = GrpcChannel.ForAddress(Address.Uri, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                        certificate is X509Certificate2 c && Convert.ToHexStringLower(SHA256.HashData(c.PublicKey.ExportSubjectPublicKeyInfo())) == Address.Fingerprint,
                },
            },
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

    public void Dispose() => channel.Dispose();
}
