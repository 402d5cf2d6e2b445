using System.Globalization;

namespace EdgeFleet.Collector.Hosting;

/// <summary>
/// Where a collector is, the fingerprint of its key and a token for it, in one string:
/// <c>edgefleet://TOKEN@HOST:PORT#FINGERPRINT</c>. What <c>edgefleet-agent run --join</c> and <c>edgefleet --collector</c> take.
/// </summary>
/// <param name="Host">Host name or address.</param>
/// <param name="Port">TLS port.</param>
/// <param name="Fingerprint">SHA-256 of the collector's public key, lower-case hex.</param>
/// <param name="Token">Bearer token; a secret.</param>
public sealed record CollectorAddress(string Host, int Port, string Fingerprint, string Token)
{
    private const string Scheme = "edgefleet";

    /// <summary>Base address of calls.</summary>
    public Uri Uri => new UriBuilder("https", Host, Port).Uri;

    /// <summary>Reads the string.</summary>
    /// <exception cref="FormatException">The string is not of this form; the message says where and repeats no secret.</exception>
    public static CollectorAddress Parse(string text)
    {
        if (!System.Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) || uri.Scheme != Scheme)
        {
            throw new FormatException($"The collector's address must be {Scheme}://TOKEN@HOST:PORT#FINGERPRINT, as the collector prints it.");
        }

        var fingerprint = uri.Fragment.TrimStart('#');
        if (fingerprint.Length != 64 || !fingerprint.All(char.IsAsciiHexDigitLower))
        {
            throw new FormatException("The collector's address must end with '#' and the 64 hexadecimal digits of its key's fingerprint.");
        }

        if (uri.UserInfo.Length == 0) throw new FormatException("The collector's address has no token between '//' and '@'.");
        if (uri.Port <= 0) throw new FormatException("The collector's address has no port.");
        return new CollectorAddress(uri.IdnHost, uri.Port, fingerprint, System.Uri.UnescapeDataString(uri.UserInfo));
    }

    /// <summary>The whole string, secret included.</summary>
    public string Format() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Token}@{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}#{Fingerprint}");

    /// <summary>The string without its secret, for logs.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{Host}:{Port}#{Fingerprint}");
}
