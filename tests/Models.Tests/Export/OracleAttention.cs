using EdgeFleet.Models.Onnx.Format;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Both attention operators by their definition: rotate, append to the cache, softmax over what is seen.</summary>
internal static class OracleAttention
{
    public static OracleTensor?[] Own(NodeProto node, Func<int, OracleTensor?> x)
    {
        var heads = new Heads((int)node.Int("num_heads", 0), (int)node.Int("kv_num_heads", 0), (int)node.Int("head_size", 0));
        return Attend(
            heads,
            (x(0)!, (int)node.Int("query_offset", 0)),
            (x(1)!, (int)node.Int("key_offset", 0)),
            (x(2)!, (int)node.Int("value_offset", 0)),
            (x(3)!, x(4)!),
            (int)x(5)!.Values[0],
            x(6),
            x(7),
            (x(8), x(9), node.Float("norm_epsilon", 1e-6f)),
            node.Float("scale", 0),
            (int)node.Int("local_window", -1));
    }

    public static OracleTensor?[] GroupQuery(NodeProto node, Func<int, OracleTensor?> x)
    {
        var (count, kvCount) = ((int)node.Int("num_heads", 0), (int)node.Int("kv_num_heads", 0));
        var heads = new Heads(count, kvCount, x(3)!.Last);
        var isPacked = x(1) is null;
        var isRotary = node.Int("do_rotary", 0) == 1;
        var tokens = x(0)!.Shape[1];
        var total = (int)x(6)!.Values[0];
        Assert.All(x(5)!.Values, last => Assert.Equal(total - 1, last));
        return Attend(
            heads,
            (x(0)!, 0),
            isPacked ? (x(0)!, count * heads.Size) : (x(1)!, 0),
            isPacked ? (x(0)!, (count + kvCount) * heads.Size) : (x(2)!, 0),
            (x(3)!, x(4)!),
            total - tokens,
            isRotary ? x(7) : null,
            isRotary ? x(8) : null,
            (null, null, 0),
            node.Float("scale", 0),
            (int)node.Int("local_window_size", -1));
    }

    private static OracleTensor?[] Attend(
        Heads heads,
        (OracleTensor Tensor, int Offset) query,
        (OracleTensor Tensor, int Offset) key,
        (OracleTensor Tensor, int Offset) value,
        (OracleTensor Keys, OracleTensor Values) past,
        int pastLength,
        OracleTensor? cos,
        OracleTensor? sin,
        (OracleTensor? Query, OracleTensor? Key, double Epsilon) norms,
        double scale,
        int window)
    {
        var (batch, tokens) = (query.Tensor.Shape[0], query.Tensor.Shape[1]);
        var capacity = past.Keys.Shape[2];
        Assert.True(pastLength + tokens <= capacity);
        scale = scale == 0 ? 1 / Math.Sqrt(heads.Size) : scale;
        var keys = past.Keys with { Values = [.. past.Keys.Values] };
        var values = past.Values with { Values = [.. past.Values.Values] };
        var output = OracleTensor.Zeros(batch, tokens, heads.Count * heads.Size);

        double[] Head((OracleTensor Tensor, int Offset) packed, int row, int token, int head) =>
            packed.Tensor.Values.AsSpan(
                (((row * tokens) + token) * packed.Tensor.Last) + packed.Offset + (head * heads.Size), heads.Size).ToArray();

        for (var row = 0; row < batch; row++)
        {
            for (var token = 0; token < tokens; token++)
            {
                for (var head = 0; head < heads.KvCount; head++)
                {
                    var at = (((row * heads.KvCount) + head) * capacity + pastLength + token) * heads.Size;
                    Rotate(Normalize(Head(key, row, token, head), norms.Key, norms.Epsilon), pastLength + token, cos, sin)
                        .CopyTo(keys.Values.AsSpan(at));
                    Head(value, row, token, head).CopyTo(values.Values.AsSpan(at));
                }
            }

            Parallel.For(0, heads.Count, head =>
            {
                var cached = ((row * heads.KvCount) + (head / (heads.Count / heads.KvCount))) * capacity;
                for (var token = 0; token < tokens; token++)
                {
                    var position = pastLength + token;
                    var q = Rotate(Normalize(Head(query, row, token, head), norms.Query, norms.Epsilon), position, cos, sin);
                    var first = window < 0 ? 0 : Math.Max(0, position - window + 1);
                    var scores = Enumerable.Range(first, position - first + 1)
                        .Select(other => scale * Dot(q, keys.Values.AsSpan((cached + other) * heads.Size, heads.Size))).ToArray();
                    var greatest = scores.Max();
                    var weights = scores.Select(score => Math.Exp(score - greatest)).ToArray();
                    var sum = weights.Sum();
                    var target = output.Values.AsSpan(((((row * tokens) + token) * heads.Count) + head) * heads.Size, heads.Size);
                    for (var i = 0; i < weights.Length; i++)
                    {
                        for (var channel = 0; channel < heads.Size; channel++)
                            target[channel] += weights[i] / sum * values.Values[((cached + first + i) * heads.Size) + channel];
                    }
                }
            });
        }

        return [output, keys, values];
    }

    private static double Dot(double[] left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (var i = 0; i < left.Length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    private static double[] Normalize(double[] x, OracleTensor? weight, double epsilon)
    {
        if (weight is null)
            return x;

        var scale = 1 / Math.Sqrt(x.Average(value => value * value) + epsilon);
        return [.. x.Select((value, i) => value * scale * weight.Values[i])];
    }

    private static double[] Rotate(double[] x, int position, OracleTensor? cos, OracleTensor? sin)
    {
        if (cos is null || sin is null)
            return x;

        var half = cos.Last;
        var y = (double[])x.Clone();
        for (var i = 0; i < half; i++)
        {
            var (c, s) = (cos.Values[(position * half) + i], sin.Values[(position * half) + i]);
            y[i] = (x[i] * c) - (x[half + i] * s);
            y[half + i] = (x[half + i] * c) + (x[i] * s);
        }

        return y;
    }

    private sealed record Heads(int Count, int KvCount, int Size);
}
