using System.Globalization;
using System.Text;

namespace EdgeFleet.Models.Hashing;

/// <summary>
/// Remembers digests in a small text file: per line inode, size, time, digest and path, separated by tabs. It is a cache: damaged
/// lines count as absent, and losing it costs only time. Where the file cannot be written (a read-only or full disk), digests are remembered
/// as long as this object lives.
/// </summary>
public sealed class HashFile : IHashMemory
{
    private const int MaximumBytes = 16 << 20;
    private const int MaximumEntries = 10_000;
    private const int DigestLength = 64;

    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (FileStamp Stamp, string Sha256)> _digests;

    /// <summary>Opens the file; it and its directory are created when the first digest is remembered.</summary>
    /// <param name="path">The file.</param>
    public HashFile(string path)
    {
        _path = path;
        _digests = Load(path);
    }

    /// <inheritdoc/>
    public string? Find(string fullPath, FileStamp stamp)
    {
        lock (_lock)
        {
            return _digests.TryGetValue(fullPath, out var known) && known.Stamp == stamp ? known.Sha256 : null;
        }
    }

    /// <inheritdoc/>
    public void Remember(string fullPath, FileStamp stamp, string sha256)
    {
        // Such a path would break the lines; its file is hashed each time.
        if (fullPath.AsSpan().ContainsAny('\t', '\n', '\r'))
        {
            return;
        }

        lock (_lock)
        {
            // Other processes may have written since.
            foreach (var (path, known) in Load(_path))
            {
                _digests.TryAdd(path, known);
            }

            if (_digests.Count >= MaximumEntries)
            {
                _digests.Clear();
            }

            _digests[fullPath] = (stamp, sha256);
            try
            {
                Save();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // This object remembers it; the next process will hash the file again.
            }
        }
    }

    private static Dictionary<string, (FileStamp Stamp, string Sha256)> Load(string path)
    {
        var digests = new Dictionary<string, (FileStamp, string)>(StringComparer.Ordinal);
        if (!File.Exists(path) || new FileInfo(path).Length > MaximumBytes)
        {
            return digests;
        }

        foreach (var line in File.ReadLines(path))
        {
            var parts = line.Split('\t');
            if (parts.Length == 5
                && ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
                && long.TryParse(parts[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var modifiedNs)
                && parts[3].Length == DigestLength && parts[3].All(char.IsAsciiHexDigitLower))
            {
                digests[parts[4]] = (new FileStamp(inode, bytes, modifiedNs), parts[3]);
            }
        }

        return digests;
    }

    private void Save()
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(_path))!;
        Directory.CreateDirectory(directory);
        var text = new StringBuilder();
        foreach (var (path, (stamp, sha256)) in _digests)
        {
            text.Append(CultureInfo.InvariantCulture, $"{stamp.Inode}\t{stamp.Bytes}\t{stamp.ModifiedNs}\t{sha256}\t{path}\n");
        }

        // Readers see the old file or the new one, never a part.
        var temporary = Path.Combine(directory, $".{Path.GetFileName(_path)}.{Guid.NewGuid():N}");
        try
        {
            File.WriteAllText(temporary, text.ToString());
            File.Move(temporary, _path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
