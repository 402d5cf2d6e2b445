using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EdgeFleet.Measurement.Scenarios;

/// <summary>
/// The identity of a run: a UUID of version 5 (RFC 9562, section 5.5) over where it came from, when, the device, the scenario and the repeat,
/// so that both ends of a link compute the same id without talking to each other.
/// </summary>
public static class RunId
{
    /// <summary>Namespace of run ids.</summary>
    public static Guid Namespace { get; } = new("6f2d8a53-9c0b-5e1f-8b37-2f6c1a4e9d70");

    /// <summary>Computes the id of a run.</summary>
    /// <param name="origin">Id of the sweep or schedule, or <c>local</c>.</param>
    /// <param name="fireTime">When the sweep fired; written in UTC to the millisecond.</param>
    /// <param name="deviceId">Id of the device.</param>
    /// <param name="scenarioHash"><see cref="ScenarioHash.Of"/> of the scenario.</param>
    /// <param name="repeat">Repeat, from 0.</param>
    public static Guid Compute(string origin, DateTimeOffset fireTime, string deviceId, string scenarioHash, int repeat)
    {
        var time = fireTime.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var name = string.Join('\n', origin, time, deviceId, scenarioHash, repeat.ToString(CultureInfo.InvariantCulture));
        return Version5(Namespace, Encoding.UTF8.GetBytes(name));
    }

    /// <summary>A UUID of version 5.</summary>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 9562 defines version 5 by SHA-1; it is a name, not a secret.")]
    public static Guid Version5(Guid space, ReadOnlySpan<byte> name)
    {
        var input = new byte[16 + name.Length];
        space.TryWriteBytes(input, bigEndian: true, out _);
        name.CopyTo(input.AsSpan(16));
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(input, hash);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF) | 0x5000));
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
