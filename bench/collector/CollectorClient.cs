using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Collector.Hosting;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Collector.Bench;

/// <summary>Channels as an agent or an operator opens them: TLS with a pinned key, a connection of its own each.</summary>
internal static class CollectorClient
{
    private const int LargestMessage = 64 << 20;

    /// <summary>Opens a channel.</summary>
    public static GrpcChannel Open(CollectorAddress address)
    {
        var token = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "Bearer " + address.Token);
            return Task.CompletedTask;
        });
        return GrpcChannel.ForAddress(address.Uri, new GrpcChannelOptions
        {
            HttpHandler = Handler(address), DisposeHttpClient = true, Credentials = ChannelCredentials.Create(new SslCredentials(), token), MaxReceiveMessageSize = LargestMessage,
        });
    }

    /// <summary>A handler that trusts the address's key and no other.</summary>
    public static SocketsHttpHandler Handler(CollectorAddress address) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 presented
                && Convert.ToHexStringLower(SHA256.HashData(presented.PublicKey.ExportSubjectPublicKeyInfo())) == address.Fingerprint,
        },
    };
}
