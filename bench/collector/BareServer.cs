using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using EdgeFleet.Collector.Hosting;
using EdgeFleet.Protos.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Collector.Bench;

/// <summary>
/// What ingest is compared with: the same call over the same TLS, of which each trace's bytes are appended to a file and acknowledged after an fsync that
/// serves all that wait (group commit). Nothing is decoded, checked, hashed or recorded.
/// </summary>
internal sealed class BareServer : Traces.TracesBase, IDisposable
{
    private readonly Channel<(byte[] Bytes, TaskCompletionSource Done)> queue = Channel.CreateBounded<(byte[], TaskCompletionSource)>(4096);
    private readonly SafeFileHandle file;
    private long length;

    private BareServer(string path)
    {
        file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        _ = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Serves until the process is killed.</summary>
    public static async Task RunAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // As the collector has them.
            kestrel.Limits.Http2.InitialConnectionWindowSize = 2 << 20;
            kestrel.Limits.Http2.InitialStreamWindowSize = 1 << 20;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(certificate);
            });
        });
        builder.Services.AddGrpc();
        using var server = new BareServer(Path.Combine(directory, "traces"));
        builder.Services.AddSingleton(server);
        await using var app = builder.Build();
        app.MapGrpcService<BareServer>();
        await app.StartAsync();
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        await File.WriteAllTextAsync(Path.Combine(directory, "address.new"), new CollectorAddress("localhost", new Uri(app.Urls.First()).Port, fingerprint, "none").Format());
        File.Move(Path.Combine(directory, "address.new"), Path.Combine(directory, "address"));
        await app.WaitForShutdownAsync();
    }

    /// <inheritdoc/>
    public override async Task Upload(IAsyncStreamReader<TraceChunk> requestStream, IServerStreamWriter<TraceAck> responseStream, ServerCallContext context)
    {
        using var answering = new SemaphoreSlim(1);
        var storing = new List<Task>();
        async Task StoreAsync(ulong sequence, byte[] bytes)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await queue.Writer.WriteAsync((bytes, done));
            await done.Task;
            await answering.WaitAsync();
            await responseStream.WriteAsync(new TraceAck { SpoolSequence = sequence, State = TraceState.Stored, Disposition = TraceDisposition.Accepted });
            answering.Release();
        }

        byte[] current = [];
        var filled = 0;
        await foreach (var chunk in requestStream.ReadAllAsync())
        {
            if (chunk.Header is { } header) (current, filled) = (new byte[header.EncodedBytes], 0);
            chunk.Data.CopyTo(current, filled);
            filled += chunk.Data.Length;
            if (filled < current.Length) continue;
            storing.RemoveAll(t => t.IsCompletedSuccessfully);
            storing.Add(StoreAsync(chunk.SpoolSequence, current));
        }

        await Task.WhenAll(storing);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Write()
    {
        var group = new List<TaskCompletionSource>();
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < 256 && queue.Reader.TryRead(out var next))
            {
                RandomAccess.Write(file, next.Bytes, length);
                length += next.Bytes.Length;
                group.Add(next.Done);
            }

            RandomAccess.FlushToDisk(file);
            foreach (var done in group) done.SetResult();
            group.Clear();
        }
    }
}
