using System.Buffers;
using System.Security.Cryptography;

namespace EdgeFleet.Models.Hashing;

/// <summary>SHA-256 of files, skipped for files whose stamp is unchanged since they were last hashed.</summary>
/// <param name="memory">Where hashes are remembered.</param>
public sealed class FileHasher(IHashMemory memory)
{
    private const int BufferBytes = 1 << 20;

    /// <summary>The lower-case hex digest of a file's content.</summary>
    /// <exception cref="IOException">The file cannot be read, or changed while it was.</exception>
    public string Sha256(string path, CancellationToken cancellationToken)
    {
        var fullPath = Path.GetFullPath(path);
        var stamp = FileStamp.Of(fullPath);
        if (memory.Find(fullPath, stamp) is { } known)
        {
            return known;
        }

        var digest = Hash(fullPath, cancellationToken);
        if (FileStamp.Of(fullPath) != stamp)
        {
            throw new IOException($"{fullPath}: changed while it was hashed. Repeat when nothing writes to it.");
        }

        memory.Remember(fullPath, stamp, digest);
        return digest;
    }

    private static string Hash(string path, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            long offset = 0;
            while (RandomAccess.Read(file, buffer, offset) is > 0 and var read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer.AsSpan(0, read));
                offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
