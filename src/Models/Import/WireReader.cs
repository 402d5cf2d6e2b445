using System.Globalization;

namespace EdgeFleet.Models.Import;

/// <summary>
/// Reads protobuf's wire format from a file field by field, skipping what is not asked for by seeking, so that the weights in a model of
/// 2 GB are not read.
/// </summary>
/// <param name="file">The file; its position is moved.</param>
/// <param name="where">Names it in errors.</param>
internal sealed class WireReader(Stream file, string where)
{
    private const int GreatestVarintBytes = 10;

    /// <summary>Position in the file.</summary>
    public long Position => file.Position;

    /// <summary>Moves on.</summary>
    /// <param name="position">Where to; not past the end of the file.</param>
    public void MoveTo(long position) => file.Position = position;

    /// <summary>Reads a field's number and kind.</summary>
    /// <param name="end">End of the message.</param>
    /// <returns>The field; its length is that of what follows for delimited fields.</returns>
    public WireField Next(long end)
    {
        var tag = Varint(end);
        var field = new WireField((int)Math.Min(tag >> 3, int.MaxValue), (int)(tag & 7), 0);
        switch (field.Kind)
        {
            case WireField.Number:
                return field with { Value = Varint(end) };
            case WireField.Delimited:
                var length = Varint(end);
                return length <= (ulong)(end - Position)
                    ? field with { Value = length }
                    : throw Malformed($"field {field.Id} of {length} bytes reaches past its message");
            case WireField.Fixed64:
                return Skip(field, sizeof(ulong), end);
            case WireField.Fixed32:
                return Skip(field, sizeof(uint), end);
            default:
                throw Malformed($"field {field.Id} has the unknown wire type {field.Kind}");
        }
    }

    /// <summary>Reads the bytes of a delimited field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="limit">Most bytes that are read.</param>
    public byte[] Bytes(WireField field, int limit)
    {
        if (field.Kind != WireField.Delimited || field.Value > (ulong)limit)
            throw Malformed($"field {field.Id} has {field.Value} bytes where at most {limit} are expected");

        var bytes = new byte[field.Value];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>An error about this file.</summary>
    public InvalidDataException Malformed(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{where}: not an ONNX model: {what} (at byte {Position}). Export or download it again."));

    private WireField Skip(WireField field, int bytes, long end)
    {
        if (end - Position < bytes)
            throw Malformed($"field {field.Id} reaches past its message");
        file.Position += bytes;
        return field;
    }

    private ulong Varint(long end)
    {
        ulong value = 0;
        for (var i = 0; i < GreatestVarintBytes && Position < end; i++)
        {
            var next = file.ReadByte();
            if (next < 0)
                break;
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
                return value;
        }

        throw Malformed("a number is cut off or too long");
    }
}
