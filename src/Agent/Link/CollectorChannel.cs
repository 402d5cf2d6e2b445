using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Agent.Link;

/// <summary>A connection to one collector, whose key is pinned: names and issuers of a self-signed certificate say nothing.</summary>
internal sealed class CollectorChannel : IDisposable
{
    private const int LargestMessage = 16 << 20;
    private readonly GrpcChannel channel;

    /// <summary>Prepares calls; the first one connects.</summary>
    public CollectorChannel(CollectorAddress address)
    {
        Address = address;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsPinned(certificate, address.Fingerprint) },
        };
        var token = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "Bearer " + address.Token);
            return Task.CompletedTask;
        });
        channel = GrpcChannel.ForAddress(address.Uri, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(new SslCredentials(), token),
            MaxReceiveMessageSize = LargestMessage,

            // Reconnecting, with its back-off, is the link's own.
            MaxRetryAttempts = 0,
        });
        Link = new AgentLink.AgentLinkClient(channel);
        Traces = new Protos.V1.Traces.TracesClient(channel);
        Artifacts = new Protos.V1.Artifacts.ArtifactsClient(channel);
    }

    /// <summary>Whom it talks to.</summary>
    public CollectorAddress Address { get; }

    /// <summary>The stream.</summary>
    public AgentLink.AgentLinkClient Link { get; }

    /// <summary>Delivery.</summary>
    public Protos.V1.Traces.TracesClient Traces { get; }

    /// <summary>Models as files.</summary>
    public Protos.V1.Artifacts.ArtifactsClient Artifacts { get; }

    public void Dispose() => channel.Dispose();

    // Thrown rather than answered, so that it can be told from an end that speaks no TLS.
    private static bool IsPinned(X509Certificate? certificate, string fingerprint) =>
        certificate is X509Certificate2 presented
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(presented.PublicKey.ExportSubjectPublicKeyInfo()), Convert.FromHexString(fingerprint))
            ? true
            : throw new ForeignKeyException();
}
