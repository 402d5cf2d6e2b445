using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>What transformers computed for a fixture: tokens [batch, length] and logits [batch, length, vocabulary].</summary>
internal sealed record ReferenceLogits(long[][] Tokens, float[] Logits, int Vocabulary)
{
    public int Batch => Tokens.Length;

    public int Length => Tokens[0].Length;

    public double Deviation
    {
        get
        {
            var mean = Logits.Average();
            return Math.Sqrt(Logits.Average(value => (value - mean) * (double)(value - mean)));
        }
    }

    public static ReferenceLogits Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));

        ReadOnlySpan<byte> Data(string name, out int[] shape)
        {
            var entry = header.RootElement.GetProperty(name);
            shape = [.. entry.GetProperty("shape").EnumerateArray().Select(value => value.GetInt32())];
            var offsets = entry.GetProperty("data_offsets");
            return bytes.AsSpan(8 + headerLength + offsets[0].GetInt32(), offsets[1].GetInt32() - offsets[0].GetInt32());
        }

        var ids = MemoryMarshal.Cast<byte, long>(Data("input_ids", out var shape));
        var tokens = new long[shape[0]][];
        for (var row = 0; row < tokens.Length; row++)
            tokens[row] = ids.Slice(row * shape[1], shape[1]).ToArray();
        var logits = MemoryMarshal.Cast<byte, float>(Data("logits", out shape)).ToArray();
        return new ReferenceLogits(tokens, logits, shape[2]);
    }

    /// <summary>Tokens first..first + count of all rows.</summary>
    public long[][] Slice(int first, int count) => [.. Tokens.Select(row => row[first..(first + count)])];

    /// <summary>Greatest error of logits for tokens from <paramref name="first"/> on, over the standard deviation of all logits.</summary>
    public double Error(OracleTensor logits, int first)
    {
        var count = logits.Shape[1];
        double error = 0;
        for (var row = 0; row < Batch; row++)
        {
            for (var i = 0; i < count * Vocabulary; i++)
            {
                var difference = Math.Abs(logits.Values[(row * count * Vocabulary) + i] - Logits[(((row * Length) + first) * Vocabulary) + i]);
                error = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(error, difference);
            }
        }

        return error / Deviation;
    }
}
