using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using EdgeFleet.Agent.Daemon;

namespace EdgeFleet.Agent.Identity;

/// <summary>Who an agent is: the hash of the public key of a pair that was made at its first start on this hardware.</summary>
/// <param name="DeviceId">SHA-256 of the SubjectPublicKeyInfo, lower-case hex.</param>
/// <param name="Fingerprint">The hardware, as read now.</param>
/// <param name="Former">The identity that the state directory had on other hardware; null where there was none.</param>
internal sealed record AgentIdentity(string DeviceId, ImmutableSortedDictionary<string, string> Fingerprint, string? Former)
{
    private const string KeyFile = "device-key.pem";
    private const string HardwareFile = "hardware";

    /// <summary>First characters of the id, for file names and people.</summary>
    public string ShortId => DeviceId[..16];

    /// <summary>Loads the identity, or makes one where there is none or the state directory came from another machine.</summary>
    /// <exception cref="IOException">The key cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">The key is damaged.</exception>
    public static AgentIdentity Load(StateDirectory state, ImmutableSortedDictionary<string, string> fingerprint)
    {
        var path = state.Of(KeyFile);
        var hardware = state.Of(HardwareFile);
        string? former = null;
        if (File.Exists(path))
        {
            var id = Id(path);
            var known = File.Exists(hardware) ? HardwareFingerprint.Parse(File.ReadAllText(hardware)) : fingerprint;
            if (!HardwareFingerprint.Contradict(known, fingerprint))
            {
                // What could be read before stays known, so that a start with fewer rights does not forget it.
                var united = known.SetItems(fingerprint);
                if (!File.Exists(hardware) || !united.SequenceEqual(known)) DurableFile.WriteRaw(hardware, Encoding.UTF8.GetBytes(HardwareFingerprint.Format(united)));
                return new AgentIdentity(id, united, null);
            }

            former = id;
        }

        // The key goes first: after a crash in between the next start finds a key without hardware, or makes another one that nobody has seen yet.
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.WriteRaw(path, Encoding.UTF8.GetBytes(key.ExportPkcs8PrivateKeyPem()));
        DurableFile.WriteRaw(hardware, Encoding.UTF8.GetBytes(HardwareFingerprint.Format(fingerprint)));
        return new AgentIdentity(Hash(key), fingerprint, former);
    }

    private static string Id(string path)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: is no private key ({error.Message}). Remove it to make a new identity; the collector then sees a new device.", error);
        }

        return Hash(key);
    }

    private static string Hash(ECDsa key) => Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));
}
