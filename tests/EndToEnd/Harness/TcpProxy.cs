using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A network between an agent and its collector that can be cut.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> open = new();
    private readonly Func<int> target;
    private readonly Task accepting;
    private volatile bool cut;
    private volatile bool silent;

    /// <param name="target">Port of the collector.</param>
    public TcpProxy(Func<int> target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Port for agents.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Breaks all connections and refuses new ones.</summary>
    public void Cut()
    {
        cut = true;
        foreach (var client in open.Keys) client.Close();
    }

    /// <summary>Swallows everything from now on, as a network does whose cable was pulled: nobody is told.</summary>
    public void Silence() => silent = true;

    /// <summary>Lets connections through again; those that were open stay broken or silent.</summary>
    public void Restore()
    {
        foreach (var client in open.Keys) client.Close();
        cut = false;
        silent = false;
    }

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var client in open.Keys) client.Close();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync();
            if (cut) client.Close();
            else _ = ForwardAsync(client);
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, target());
            open[client] = 0;
            open[server] = 0;
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (SocketException)
        {
            // The collector is not there: the agent finds its connection closed.
        }
        finally
        {
            open.TryRemove(client, out _);
            open.TryRemove(server, out _);
            client.Close();
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        try
        {
            var buffer = new byte[64 << 10];
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                if (!silent) await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone, and so the other will be.
        }
    }
}
