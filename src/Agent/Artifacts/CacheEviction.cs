namespace EdgeFleet.Agent.Artifacts;

/// <summary>Keeps a cache of artifacts within a bound: the least recently used goes first, one in use never.</summary>
/// <param name="directory">Directory that holds one directory per artifact.</param>
/// <param name="boundBytes">Most bytes.</param>
internal sealed class CacheEviction(string directory, long boundBytes)
{
    private const string ForeignManifests = "foreign";

    /// <summary>Most bytes of the cache.</summary>
    public long BoundBytes => boundBytes;

    /// <summary>Marks an artifact as used now.</summary>
    public static void Touch(string artifact, DateTimeOffset now) => Directory.SetLastWriteTimeUtc(artifact, now.UtcDateTime);

    /// <summary>Makes room.</summary>
    /// <param name="needed">Bytes that will be added.</param>
    /// <returns>Names of what was removed, and the bytes that are left in use.</returns>
    public (IReadOnlyList<string> Removed, long Bytes) MakeRoom(long needed)
    {
        var removed = new List<string>();
        if (!Directory.Exists(directory)) return (removed, 0);

        // Left by a crash in the middle of a removal.
        foreach (var doomed in Directory.EnumerateDirectories(directory, ".*" + ArtifactLease.Removed)) Directory.Delete(doomed, recursive: true);
        var entries = new DirectoryInfo(directory).EnumerateDirectories()
            .Where(entry => entry.Name != ForeignManifests && entry.Name[0] != '.')
            .Select(entry => (Entry: entry, Bytes: entry.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)))
            .OrderBy(item => item.Entry.LastWriteTimeUtc).ToList();
        var bytes = entries.Sum(item => item.Bytes);
        foreach (var (entry, size) in entries)
        {
            if (bytes + needed <= boundBytes) break;
            var name = entry.Name;
            if (!ArtifactLease.TryRemove(entry.FullName)) continue;
            removed.Add(name);
            bytes -= size;
        }

        return (removed, bytes);
    }
}
