using System.Collections.Concurrent;

namespace EdgeFleet.Models.Hashing;

/// <summary>Remembers digests for as long as the process runs.</summary>
public sealed class SessionHashMemory : IHashMemory
{
    private readonly ConcurrentDictionary<string, (FileStamp Stamp, string Sha256)> _digests = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string? Find(string fullPath, FileStamp stamp) =>
        _digests.TryGetValue(fullPath, out var known) && known.Stamp == stamp ? known.Sha256 : null;

    /// <inheritdoc/>
    public void Remember(string fullPath, FileStamp stamp, string sha256) => _digests[fullPath] = (stamp, sha256);
}
