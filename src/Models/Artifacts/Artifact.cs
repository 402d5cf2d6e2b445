using System.Globalization;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Models.Artifacts;

/// <summary>An artifact on disk.</summary>
/// <param name="Directory">Its directory, absolute.</param>
/// <param name="Manifest">Its manifest.</param>
public sealed record Artifact(string Directory, ArtifactManifest Manifest)
{
    /// <summary>Its id: SHA-256 of the canonical manifest.</summary>
    public string Id { get; } = ArtifactJson.Identity(Manifest);

    /// <summary>The graph's file: the only one that ends in <c>.onnx</c>.</summary>
    public string ModelPath => Path.Combine(Directory, Manifest.Files.First(file => file.Path.EndsWith(".onnx", StringComparison.Ordinal)).Path);

    /// <summary>Opens an artifact: reads and validates its manifest, and checks that its files are there with their sizes.</summary>
    /// <param name="directory">Its directory.</param>
    /// <exception cref="InvalidDataException">The manifest is wrong, or a file is missing or has another size.</exception>
    /// <exception cref="IOException">The manifest cannot be read.</exception>
    public static Artifact Open(string directory)
    {
        directory = Path.GetFullPath(directory);
        var path = Path.Combine(directory, ArtifactJson.FileName);
        var manifest = ArtifactJson.Parse(ReadBounded(path), path);
        ManifestValidator.Validate(manifest, path);
        foreach (var file in manifest.Files)
        {
            var info = new FileInfo(Path.Combine(directory, file.Path));
            if (!info.Exists || info.Length != file.Bytes)
            {
                throw new InvalidDataException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{info.FullName}: {(info.Exists ? $"has {info.Length} bytes" : "is missing")}; the manifest says {file.Bytes} bytes. Export or fetch the artifact again."));
            }
        }

        return new Artifact(directory, manifest);
    }

    /// <summary>Checks the hash of every file; unchanged files that <paramref name="hasher"/> knows are not read again.</summary>
    /// <exception cref="InvalidDataException">A file is not what the manifest says.</exception>
    public void Verify(FileHasher hasher, CancellationToken cancellationToken)
    {
        foreach (var file in Manifest.Files)
        {
            var path = Path.Combine(Directory, file.Path);
            var digest = hasher.Sha256(path, cancellationToken);
            if (!string.Equals(digest, file.Sha256, StringComparison.Ordinal))
            {
                throw new InvalidDataException(
                    $"{path}: has SHA-256 {digest}; the manifest says {file.Sha256}. Export or fetch the artifact again.");
            }
        }
    }

    private static byte[] ReadBounded(string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        if (length > ArtifactJson.MaximumBytes)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: a manifest has at most {ArtifactJson.MaximumBytes} bytes, this one {length}."));
        }

        var bytes = new byte[length];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var count)
            read += count;
        return bytes[..read];
    }
}
