using System.Buffers.Binary;
using System.Net.Sockets;
using Google.Protobuf;

namespace EdgeFleet.Agent.Worker;

/// <summary>Length-prefixed protobuf messages over a connected socket (src/Protos/edgefleet/v1/worker.proto). One reader and any number of writers.</summary>
internal sealed class MessageChannel(Socket socket) : IDisposable
{
    /// <summary>Longest message accepted.</summary>
    public const int MaximumBytes = 64 << 20;

    private const int PrefixBytes = 4;
    private readonly NetworkStream stream = new(socket, ownsSocket: true);
    private readonly Lock writing = new();

    public void Send(IMessage message)
    {
        var size = message.CalculateSize();
        if (size > MaximumBytes) throw new InvalidDataException($"A {message.Descriptor.Name} of {size} bytes exceeds the limit of {MaximumBytes}.");
        var frame = new byte[PrefixBytes + size];
        BinaryPrimitives.WriteInt32LittleEndian(frame, size);
        message.WriteTo(frame.AsSpan(PrefixBytes));
        lock (writing)
        {
            stream.Write(frame);
        }
    }

    /// <summary>Reads the next message; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">The peer sent something else than a message.</exception>
    public async Task<T?> ReceiveAsync<T>(MessageParser<T> parser, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        var prefix = new byte[PrefixBytes];
        var read = await stream.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, cancellation);
        if (read == 0) return null;
        if (read < PrefixBytes) throw new InvalidDataException("The stream ended within a message's length.");

        var size = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (size is < 0 or > MaximumBytes) throw new InvalidDataException($"A message announces {size} bytes; 0 to {MaximumBytes} are allowed.");

        var body = new byte[size];
        if (await stream.ReadAtLeastAsync(body, size, throwOnEndOfStream: false, cancellation) < size)
        {
            throw new InvalidDataException($"The stream ended within a message of {size} bytes.");
        }

        try
        {
            return parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"A message of {size} bytes is not a {typeof(T).Name}: {exception.Message}", exception);
        }
    }

    public void Dispose() => stream.Dispose();
}
