namespace EdgeFleet.Models.Hashing;

/// <summary>Remembers digests by path and stamp.</summary>
public interface IHashMemory
{
    /// <summary>The digest of a file if it was remembered with just this stamp, else null.</summary>
    string? Find(string fullPath, FileStamp stamp);

    /// <summary>Remembers a digest; an older one of the same path is forgotten.</summary>
    void Remember(string fullPath, FileStamp stamp, string sha256);
}
