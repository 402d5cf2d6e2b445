using System.Globalization;
using System.Security.Cryptography;
using EdgeFleet.Agent.Link;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Hashing;
using EdgeFleet.Protos.V1;
using Grpc.Core;

namespace EdgeFleet.Agent.Artifacts;

/// <summary>Fetches an artifact by its id: resumes where it stopped, believes only hashes, and appears in the cache whole or not at all.</summary>
/// <param name="directory">The cache's directory of artifacts.</param>
/// <param name="hasher">Checks files.</param>
/// <param name="eviction">Makes room.</param>
internal sealed class ArtifactDownload(string directory, FileHasher hasher, CacheEviction eviction)
{
    private const long SpareBytes = 256L << 20;

    /// <summary>Fetches.</summary>
    /// <param name="id">The artifact's id.</param>
    /// <param name="link">The connection; waited for again when it breaks.</param>
    /// <param name="progress">Told of bytes there and bytes in all.</param>
    /// <param name="cancellation">Ends it; what was fetched stays for the next time.</param>
    /// <returns>Directory of the artifact.</returns>
    /// <exception cref="InvalidDataException">What the collector sent is not the artifact.</exception>
    /// <exception cref="IOException">There is no room for it.</exception>
    /// <exception cref="RpcException">The collector does not have it.</exception>
    public async Task<string> FetchAsync(string id, Func<CancellationToken, Task<CollectorChannel>> link, Action<long, long> progress, CancellationToken cancellation)
    {
        var status = await Retried(link, (channel, token) => channel.Artifacts.StatAsync(new StatArtifactRequest { ArtifactId = id }, cancellationToken: token).ResponseAsync, cancellation);
        var manifest = Check(id, status);
        var total = manifest.Files.Sum(file => file.Bytes);
        var (_, used) = eviction.MakeRoom(total);
        if (used + total > eviction.BoundBytes)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"Artifact {id} has {total} bytes, which the cache of {eviction.BoundBytes} bytes has no room for. Raise --cache-size."));
        }

        var incoming = Directory.CreateDirectory(Path.Combine(directory, $".{id}.incoming")).FullName;
        var missing = total - manifest.Files.Sum(file => Length(Path.Combine(incoming, file.Path)));
        if (new DriveInfo(directory).AvailableFreeSpace is var free && free < missing + SpareBytes)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{directory}: {free} bytes are free; {missing} more are needed for artifact {id}, and {SpareBytes} stay free."));
        }

        long before = 0;
        foreach (var file in manifest.Files)
        {
            var offset = before;
            await FetchAsync(file, Path.Combine(incoming, file.Path), link, there => progress(offset + there, total), cancellation);
            before += file.Bytes;
        }

        File.WriteAllBytes(Path.Combine(incoming, ArtifactJson.FileName), status.ManifestJson.Span);
        Posix.FlushDirectory(incoming);
        var target = Path.Combine(directory, id);
        Directory.Move(incoming, target);
        Posix.FlushDirectory(directory);
        foreach (var file in manifest.Files) hasher.Sha256(Path.Combine(target, file.Path), cancellation);
        return target;
    }

    private static ArtifactManifest Check(string id, ArtifactStatus status)
    {
        var actual = Convert.ToHexStringLower(SHA256.HashData(status.ManifestJson.Span));
        if (actual != id) throw new InvalidDataException($"The collector's manifest of artifact {id} has the hash {actual}.");
        var manifest = ArtifactJson.Parse(status.ManifestJson.Span, $"the manifest of artifact {id}");
        ManifestValidator.Validate(manifest, $"the manifest of artifact {id}");
        return status.Complete ? manifest : throw new InvalidDataException($"The collector lacks files of artifact {id}. Upload them with edgefleet models push.");
    }

    private static async Task FetchAsync(FileManifest file, string path, Func<CancellationToken, Task<CollectorChannel>> link, Action<long> progress, CancellationToken cancellation)
    {
        await Retried(link, async (channel, token) =>
        {
            await AppendAsync(file, path, channel, progress, token);
            return true;
        }, cancellation);
        string digest;
        await using (var whole = File.OpenRead(path)) digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(whole, cancellation));
        if (digest == file.Sha256) return;
        File.Delete(path);
        throw new InvalidDataException($"'{file.Path}' came with the hash {digest}; its manifest says {file.Sha256}. It was removed and is fetched anew the next time.");
    }

    private static async Task AppendAsync(FileManifest file, string path, CollectorChannel channel, Action<long> progress, CancellationToken cancellation)
    {
        await using var part = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        if (part.Length > file.Bytes) part.SetLength(0);
        part.Seek(0, SeekOrigin.End);
        if (part.Length < file.Bytes)
        {
            using var call = channel.Artifacts.Download(new DownloadFileRequest { Sha256 = file.Sha256, OffsetBytes = (ulong)part.Length }, cancellationToken: cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                var chunk = call.ResponseStream.Current;
                if (chunk.OffsetBytes != (ulong)part.Length || part.Length + chunk.Data.Length > file.Bytes)
                {
                    throw new InvalidDataException($"'{file.Path}': the collector sent {chunk.Data.Length} bytes at {chunk.OffsetBytes}; {part.Length} of {file.Bytes} are there.");
                }

                await part.WriteAsync(chunk.Data.Memory, cancellation);
                progress(part.Length);
            }
        }

        if (part.Length < file.Bytes) throw new LinkException($"the collector ended the download of '{file.Path}' early.");
        RandomAccess.FlushToDisk(part.SafeFileHandle);
    }

    // A broken connection is waited for; an answer that refuses is final.
    private static async Task<T> Retried<T>(Func<CancellationToken, Task<CollectorChannel>> link, Func<CollectorChannel, CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        while (true)
        {
            var channel = await link(cancellation);
            try
            {
                return await call(channel, cancellation);
            }
            catch (Exception error) when (!cancellation.IsCancellationRequested
                && error is RpcException { StatusCode: StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled } or ObjectDisposedException or LinkException or HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
