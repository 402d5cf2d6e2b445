using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.Cli.Connection;

/// <summary>Calls to one collector, whose key is pinned.</summary>
internal sealed class CollectorConnection : IDisposable
{
    private const int LargestMessage = 128 << 20;

    private readonly GrpcChannel channel;

    private CollectorConnection(CollectorAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            SslOptions = new SslClientAuthenticationOptions
            {
                // The fingerprint is the trust: names and issuers of a self-signed certificate say nothing.
                RemoteCertificateValidationCallback = (_, certificate, _, _) => IsTrusted(address, certificate as X509Certificate2),
            },
        };
        var token = CallCredentials.FromInterceptor((_, metadata) =>
        {
            metadata.Add("authorization", "Bearer " + address.Token);
            return Task.CompletedTask;
        });
        channel = GrpcChannel.ForAddress(address.Uri, new GrpcChannelOptions
        {
            HttpHandler = handler, DisposeHttpClient = true, Credentials = ChannelCredentials.Create(new SslCredentials(), token), MaxReceiveMessageSize = LargestMessage,
        });
        Fleet = new Fleet.FleetClient(channel);
        Place = address.Uri.Authority;
    }

    /// <summary>Host and port.</summary>
    public string Place { get; }

    /// <summary>The operators' service.</summary>
    public Fleet.FleetClient Fleet { get; }

    /// <summary>Connects to an address, or to the one in a file when it begins with <c>@</c>.</summary>
    /// <exception cref="FormatException">There is none, or it is not one.</exception>
    public static CollectorConnection Open(string? address)
    {
        if (string.IsNullOrWhiteSpace(address)) throw new FormatException("No collector is named. Give --collector @FILE with the operator-string of the collector's data directory, or set EDGEFLEET_COLLECTOR.");
        return new CollectorConnection(CollectorAddress.Parse(address[0] == '@' ? ReadFile(address[1..]) : address));
    }

    /// <summary>Ends the connection.</summary>
    public void Dispose() => channel.Dispose();

    private static bool IsTrusted(CollectorAddress address, X509Certificate2? presented)
    {
        var fingerprint = presented is null ? "no key" : Convert.ToHexStringLower(SHA256.HashData(presented.PublicKey.ExportSubjectPublicKeyInfo()));
        return fingerprint == address.Fingerprint ? true : throw new UntrustedKeyException(fingerprint, address.Fingerprint);
    }

    private static string ReadFile(string path) => File.Exists(path)
        ? File.ReadAllText(path)
        : throw new FileNotFoundException($"{path} is not there. The collector writes operator-string into its data directory when it starts; give its path after '@'.");
}
