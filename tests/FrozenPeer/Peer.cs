using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgeFleet.Protos.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace EdgeFleet.FrozenPeer;

/// <summary>The agent's side of the contract's version 1.0.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly GrpcChannel channel;
    private readonly string label;
    private readonly string deviceId;
    private readonly SemaphoreSlim writing = new(1);
    private ulong produced;

    /// <param name="join">The collector's join string.</param>
    /// <param name="label">Value of its label <c>name</c>; the device's id follows from it.</param>
    public Peer(string join, string label)
    {
        var address = new Uri(join.Trim());
        this.label = label;
        deviceId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(label)));
        channel = GrpcChannel.ForAddress($"https://{address.Authority}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                        certificate is X509Certificate2 presented && "#" + Convert.ToHexStringLower(SHA256.HashData(presented.PublicKey.ExportSubjectPublicKeyInfo())) == address.Fragment,
                },
            },
            DisposeHttpClient = true,
            Credentials = ChannelCredentials.Create(new SslCredentials(), CallCredentials.FromInterceptor((_, metadata) =>
            {
                metadata.Add("authorization", "Bearer " + address.UserInfo);
                return Task.CompletedTask;
            })),
        });
    }

    private SpoolLevel Level => new() { Produced = produced, Acknowledged = produced, BoundBytes = 1 << 20 };

    /// <summary>Performs runs.</summary>
    public async Task PerformAsync(int runs)
    {
        using var call = new AgentLink.AgentLinkClient(channel).Connect();
        await WriteAsync(call, new AgentMessage
        {
            Hello = new Hello
            {
                DeviceId = deviceId, ProtocolVersion = "1.0", AgentVersion = "1.0.0", SpoolId = deviceId[..32], WallUnixNs = Now(), Spool = Level,
                Capabilities = { new Capability { Provider = Provider.Cpu, Available = true, RuntimePackIds = { "frozen" } } },
                Inventory = { ["hardware_class"] = "frozen" },
                Labels = { ["name"] = label },
                HardwareFingerprint = { ["dmi_uuid"] = label },
            },
        });
        using var ended = new CancellationTokenSource();
        var beating = Task.CompletedTask;
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            if (message.MessageCase == CollectorMessage.MessageOneofCase.Welcome)
            {
#pragma warning disable CA2025 // It is awaited before the call is disposed of.
                beating = BeatAsync(call, TimeSpan.FromTicks(message.Welcome.HeartbeatIntervalNs / 100), ended.Token);
#pragma warning restore CA2025
                Console.WriteLine($"Connected to a collector of {message.Welcome.ProtocolVersion}.");
            }
            else if (message.MessageCase == CollectorMessage.MessageOneofCase.Assignment)
            {
                await PerformAsync(call, message.Assignment);
                if (--runs == 0) break;
            }
        }

        await ended.CancelAsync();
        await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await WriteAsync(call, new AgentMessage { Heartbeat = new Heartbeat { Sequence = ulong.MaxValue, WallUnixNs = Now(), Spool = Level } });
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext())
        {
            // Until the collector has read the end.
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        channel.Dispose();
        writing.Dispose();
        return ValueTask.CompletedTask;
    }

    private static long Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private async Task PerformAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, Assignment assignment)
    {
        var run = assignment.Run;
        await WriteAsync(call, new AgentMessage { AssignmentReply = new AssignmentReply { RunId = run.RunId, Attempt = run.Attempt, Accepted = true } });
        await WriteAsync(call, new AgentMessage { Progress = new RunProgress { RunId = run.RunId, Attempt = run.Attempt, Progress = new WorkerProgress { Phase = "measure", Done = 1, Total = 1 } } });
        var trace = new Trace
        {
            DefinitionsVersion = 1, RunId = run.RunId, Attempt = run.Attempt, Repeat = run.Repeat, Scenario = run.Scenario,
            Iterations = { new Iteration { TtftNs = 1_000_000, InterTokenNs = { Enumerable.Repeat(1_000_000L, (int)run.Scenario.DecodeTokens - 1) } } },
            End = new RunEnd { Outcome = Outcome.Completed },
        };
        var bytes = trace.ToByteArray();
        using var upload = new Traces.TracesClient(channel).Upload();
        await upload.RequestStream.WriteAsync(new TraceChunk
        {
            SpoolSequence = ++produced,
            Header = new TraceHeader
            {
                DeviceId = deviceId, SpoolId = deviceId[..32], RunId = run.RunId, Attempt = run.Attempt, EncodedBytes = (ulong)bytes.Length, DecodedBytes = (ulong)bytes.Length,
                Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Encoding = TraceEncoding.Identity, Origin = assignment.Origin,
            },
            Data = UnsafeByteOperations.UnsafeWrap(bytes),
        });
        await upload.RequestStream.CompleteAsync();
        await foreach (var ack in upload.ResponseStream.ReadAllAsync()) Console.WriteLine($"Run {run.RunId}: {ack.State} {ack.Disposition} {ack.Reason}");
    }

    private async Task BeatAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, TimeSpan interval, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(interval);
        for (ulong beat = 1; ; beat++)
        {
            await WriteAsync(call, new AgentMessage { Heartbeat = new Heartbeat { Sequence = beat, WallUnixNs = Now(), Spool = Level, Gauges = { ["temperature_celsius/cpu"] = 50 } } });
            await timer.WaitForNextTickAsync(cancellation);
        }
    }

    private async Task WriteAsync(AsyncDuplexStreamingCall<AgentMessage, CollectorMessage> call, AgentMessage message)
    {
        await writing.WaitAsync();
        try
        {
            await call.RequestStream.WriteAsync(message);
        }
        finally
        {
            writing.Release();
        }
    }
}
