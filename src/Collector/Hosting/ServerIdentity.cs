using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeFleet.Collector.Hosting;

/// <summary>What the collector proves itself with, and what others prove themselves to it with.</summary>
internal sealed class ServerIdentity : IDisposable
{
    private ServerIdentity(X509Certificate2 certificate, string fingerprint, string joinToken, string operatorToken)
    {
        Certificate = certificate;
        Fingerprint = fingerprint;
        JoinToken = joinToken;
        OperatorToken = operatorToken;
    }

    /// <summary>Self-signed; made anew at each start from the same key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex: what peers pin.</summary>
    public string Fingerprint { get; }

    /// <summary>What agents present.</summary>
    public string JoinToken { get; }

    /// <summary>What operators present.</summary>
    public string OperatorToken { get; }

    /// <summary>Reads the identity from a data directory, or makes it.</summary>
    public static ServerIdentity Load(DataDirectory data, string host, TimeProvider time)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(data.Secret("server-key.pem", () =>
        {
            using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return made.ExportPkcs8PrivateKeyPem();
        }));

        var request = new CertificateRequest("CN=EdgeFleet collector", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        if (System.Net.IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
        else if (host != "localhost") names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = time.GetUtcNow();
        var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        File.WriteAllText(Path.Combine(data.Root, "server-certificate.pem"), certificate.ExportCertificatePem());
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
        return new ServerIdentity(certificate, fingerprint, data.Secret("join-token", NewToken), data.Secret("operator-token", NewToken));
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => Certificate.Dispose();

    private static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
}
