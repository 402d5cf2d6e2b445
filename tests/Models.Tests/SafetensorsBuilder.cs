using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Models.Tests;

/// <summary>Writes safetensors files, true to the format unless told otherwise.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<string> _entries = [];
    private readonly List<byte> _data = [];

    public static byte[] Bytes<T>(ReadOnlySpan<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values).ToArray();

    /// <summary>A file from a header's text and data, whatever they are.</summary>
    public static byte[] Raw(string header, ReadOnlySpan<byte> data, ulong? claimedHeaderBytes = null)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimedHeaderBytes ?? (ulong)text.Length);
        text.CopyTo(file, 8);
        data.CopyTo(file.AsSpan(8 + text.Length));
        return file;
    }

    public SafetensorsBuilder Add(string name, string dtype, long[] shape, byte[] data)
    {
        var begin = _data.Count;
        _data.AddRange(data);
        _entries.Add($$"""
            "{{name}}":{"dtype":"{{dtype}}","shape":[{{string.Join(',', shape)}}],"data_offsets":[{{begin}},{{_data.Count}}]}
            """);
        return this;
    }

    public SafetensorsBuilder AddFloats(string name, long[] shape, float[] values) => Add(name, "F32", shape, Bytes<float>(values));

    public byte[] Build() => Raw($$"""{"__metadata__":{"format":"pt"},{{string.Join(',', _entries)}}}   """, _data.ToArray());
}
