namespace EdgeFleet.Agent.Artifacts;

/// <summary>Where exported artifacts and hashes are kept.</summary>
internal static class CacheDirectory
{
    /// <summary>The directory named, else <c>$XDG_CACHE_HOME/edgefleet</c> (a relative one does not count, as its specification says), else <c>~/.cache/edgefleet</c>; absolute.</summary>
    public static string Resolve(string? named)
    {
        if (!string.IsNullOrEmpty(named)) return Path.GetFullPath(named);
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!Path.IsPathRooted(root)) root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.GetFullPath(Path.Combine(root, "edgefleet"));
    }
}
