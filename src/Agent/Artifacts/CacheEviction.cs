namespace EdgeFleet.Agent.Artifacts;

/// <summary>Keeps a cache of artifacts within a bound: the least recently used goes first, one in use never.</summary>
/// <param name="directory">Directory that holds one directory per artifact.</param>
/// <param name="boundBytes">Most bytes.</param>
internal sealed class CacheEviction(string directory, long boundBytes)
{
    private const string ForeignManifests = "foreign";
    private const string Evicted = ".evicted";

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
        foreach (var doomed in Directory.EnumerateDirectories(directory, ".*" + Evicted)) Directory.Delete(doomed, recursive: true);
        var entries = new DirectoryInfo(directory).EnumerateDirectories()
            .Where(entry => entry.Name != ForeignManifests && entry.Name[0] != '.')
            .Select(entry => (Entry: entry, Bytes: entry.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)))
            .OrderBy(item => item.Entry.LastWriteTimeUtc).ToList();
        var bytes = entries.Sum(item => item.Bytes);
        foreach (var (entry, size) in entries)
        {
            if (bytes + needed <= boundBytes) break;
            var name = entry.Name;
            if (!TryRemove(entry)) continue;
            removed.Add(name);
            bytes -= size;
        }

        return (removed, bytes);
    }

    private static bool TryRemove(DirectoryInfo entry)
    {
        using var exclusive = ArtifactLease.TryExclusive(entry.FullName);
        if (exclusive is null) return false;

        // Renamed first, so that nobody opens a half of it.
        var doomed = Path.Combine(entry.Parent!.FullName, "." + entry.Name + Evicted);
        if (Directory.Exists(doomed)) Directory.Delete(doomed, recursive: true);
        var lease = ArtifactLease.FileOf(entry.FullName);
        entry.MoveTo(doomed);
        Directory.Delete(doomed, recursive: true);
        File.Delete(lease);
        return true;
    }
}
