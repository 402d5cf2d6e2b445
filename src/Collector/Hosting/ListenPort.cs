using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgeFleet.Collector.Hosting;

/// <summary>Where a collector is to listen, looked at before anything is started whose errors would say less.</summary>
internal static class ListenPort
{
    /// <summary>Makes sure that one can listen there.</summary>
    /// <param name="listen">Address.</param>
    /// <param name="port">Port; 0 for a free one.</param>
    /// <exception cref="FormatException">There is no such address or port.</exception>
    /// <exception cref="IOException">The port is taken, or the address is not this machine's.</exception>
    public static void RequireFree(string listen, int port)
    {
        if (!IPAddress.TryParse(listen, out var address)) throw new FormatException($"--listen: '{listen}' is not an address.");
        if (port is < 0 or > ushort.MaxValue) throw new FormatException("--port must be 0 to 65535.");
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
        }
        catch (SocketException error)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"{listen}:{port}");
            throw new IOException(
                error.SocketErrorCode == SocketError.AddressAlreadyInUse
                    ? string.Create(CultureInfo.InvariantCulture, $"Port {port} is in use. Give another one with --port N; 0 takes a free one.")
                    : $"Cannot listen on {where}: {error.Message}. Give another address with --listen, or another port with --port.",
                error);
        }
    }
}
