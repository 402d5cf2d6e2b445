using System.Security.Cryptography;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Collector.Operators;
using EdgeFleet.Collector.Storage;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;

namespace EdgeFleet.Collector.Artifacts;

/// <summary>Models as files.</summary>
[Authorize(Roles = TokenAuthentication.Agent + "," + TokenAuthentication.Operator)]
internal sealed class ArtifactsService(ModelRegistry models, DataDirectory data) : Protos.V1.Artifacts.ArtifactsBase
{
    private const int ChunkBytes = 256 << 10;
    private const int LargestChunk = 1 << 20;
    private const long Milestone = 8 << 20;

    /// <inheritdoc/>
    public override Task<ArtifactStatus> Stat(StatArtifactRequest request, ServerCallContext context) =>
        Task.FromResult(models.Stat(request.ArtifactId) ?? throw RequestException.NotFound($"There is no artifact {request.ArtifactId}."));

    /// <inheritdoc/>
    [Authorize(Roles = TokenAuthentication.Operator)]
    public override async Task<ArtifactStatus> Register(RegisterArtifactRequest request, ServerCallContext context) =>
        models.Stat(await models.RegisterAsync(request.ManifestJson.ToByteArray()))!;

    /// <inheritdoc/>
    public override async Task Download(DownloadFileRequest request, IServerStreamWriter<FileChunk> responseStream, ServerCallContext context)
    {
        if (!Hash.IsSha256(request.Sha256)) throw RequestException.Invalid("sha256", "must be 64 lower-case hexadecimal digits");
        var path = models.FileOf(request.Sha256);
        if (!File.Exists(path)) throw RequestException.NotFound($"There is no file {request.Sha256}.");
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var size = (ulong)file.Length;
        if (request.OffsetBytes > size) throw RequestException.Invalid("offset_bytes", $"{request.OffsetBytes} is beyond the file's {size} bytes");
        var offset = request.OffsetBytes;
        var end = request.LengthBytes == 0 ? size : Math.Min(size, offset + Math.Min(request.LengthBytes, size));
        file.Position = (long)offset;
        var buffer = new byte[ChunkBytes];
        var first = true;
        while (first || offset < end)
        {
            var read = await file.ReadAtLeastAsync(buffer.AsMemory(0, (int)Math.Min(ChunkBytes, end - offset)), (int)Math.Min(ChunkBytes, end - offset), cancellationToken: context.CancellationToken);
            await responseStream.WriteAsync(new FileChunk { OffsetBytes = offset, Data = ByteString.CopyFrom(buffer, 0, read), SizeBytes = first ? size : 0 });
            offset += (ulong)read;
            first = false;
        }
    }

    /// <inheritdoc/>
    [Authorize(Roles = TokenAuthentication.Operator)]
    public override async Task Upload(IAsyncStreamReader<UploadFileChunk> requestStream, IServerStreamWriter<UploadFileAck> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)) throw RequestException.Invalid("sha256", "the stream ended before the first chunk");
        var sha256 = requestStream.Current.Sha256;
        if (!Hash.IsSha256(sha256)) throw RequestException.Invalid("sha256", "must be 64 lower-case hexadecimal digits in the first chunk");
        var size = models.ListedSize(sha256) ?? throw RequestException.NotFound($"No registered artifact lists a file {sha256}.");
        if (File.Exists(models.FileOf(sha256)))
        {
            await responseStream.WriteAsync(new UploadFileAck { ReceivedBytes = (ulong)size, Complete = true });
            return;
        }

        await using var part = OpenPart(sha256);
        var told = part.Length;
        do
        {
            var chunk = requestStream.Current;
            if (chunk.Data.Length > LargestChunk) throw RequestException.Invalid("data", $"has {chunk.Data.Length} bytes; at most {LargestChunk} are allowed");
            if (chunk.OffsetBytes == (ulong)part.Length && part.Length + chunk.Data.Length <= size) await part.WriteAsync(chunk.Data.Memory, context.CancellationToken);
            else if (!chunk.Data.IsEmpty) throw RequestException.Invalid("offset_bytes", $"{chunk.OffsetBytes} with {chunk.Data.Length} bytes; the collector has {part.Length} of {size}");
            if (part.Length == size) break;
            if (chunk.Data.IsEmpty || part.Length - told >= Milestone)
            {
                told = part.Length;
                await responseStream.WriteAsync(new UploadFileAck { ReceivedBytes = (ulong)part.Length });
            }
        }
        while (await requestStream.MoveNext(context.CancellationToken));

        if (part.Length < size) return;
        await CompleteAsync(part, sha256);
        await responseStream.WriteAsync(new UploadFileAck { ReceivedBytes = (ulong)size, Complete = true });
    }

    private FileStream OpenPart(string sha256)
    {
        try
        {
            var part = new FileStream(models.PartOf(sha256), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.Asynchronous);
            part.Seek(0, SeekOrigin.End);
            return part;
        }
        catch (IOException)
        {
            throw RequestException.Precondition($"File {sha256} is being uploaded by somebody else.");
        }
    }

    private async Task CompleteAsync(FileStream part, string sha256)
    {
        part.Position = 0;
        var actual = Convert.ToHexStringLower(await SHA256.HashDataAsync(part));
        if (actual != sha256)
        {
            part.SetLength(0);
            throw RequestException.Invalid("data", $"the file's hash is {actual}, not {sha256}; begin again");
        }

        await part.FlushAsync();
        RandomAccess.FlushToDisk(part.SafeFileHandle);
        File.Move(models.PartOf(sha256), models.FileOf(sha256), overwrite: true);
        DirectoryFlush.Flush(data.Files);
    }
}
