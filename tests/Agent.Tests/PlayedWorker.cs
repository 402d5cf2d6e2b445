using System.Net.Sockets;
using EdgeFleet.Agent.Worker;
using EdgeFleet.Protos.V1;
using Xunit;
using Environment = System.Environment;

namespace EdgeFleet.Agent.Tests;

/// <summary>A process that does nothing but live, while the test speaks to the agent in its place.</summary>
internal sealed class PlayedWorker : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("edgefleet-test-").FullName;
    private Socket? socket;

    /// <summary>Starts a shell that leaves its arguments in a file and then sleeps.</summary>
    public WorkerLaunch Launch => new()
    {
        Command = ["/bin/sh", "-c", $"echo \"$@\" > {directory}/next && mv {directory}/next {directory}/arguments && exec sleep 600", "sh"],
        ConnectTimeout = TimeSpan.FromSeconds(30),
        CancelGrace = TimeSpan.FromSeconds(1),
    };

    public static WorkerLaunch Shell(string script) => new() { Command = ["/bin/sh", "-c", script, "sh"], ConnectTimeout = TimeSpan.FromSeconds(30) };

    public async Task<MessageChannel> ConnectAsync()
    {
        var file = Path.Combine(directory, "arguments");
        while (!File.Exists(file)) await Task.Delay(10);
        string[] arguments = (await File.ReadAllTextAsync(file)).Trim().Split(' ');
        Assert.Equal(["worker", "--socket", arguments[2], "--parent", $"{Environment.ProcessId}"], arguments);
        socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(arguments[2]));
        return new MessageChannel(socket);
    }

    /// <summary>Writes bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => socket!.Send(bytes);

    public static async Task<WorkerRun> ReceiveRunAsync(MessageChannel channel) =>
        (await channel.ReceiveAsync(AgentToWorker.Parser, CancellationToken.None))!.Run;

    public void Dispose()
    {
        socket?.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
