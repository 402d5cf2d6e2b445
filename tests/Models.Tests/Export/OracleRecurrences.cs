using EdgeFleet.Models.Onnx;
using EdgeFleet.Models.Onnx.Format;
using Xunit;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>EdgeFleet's norm, convolution and recurrences by their definition (docs/operators.md).</summary>
internal static class OracleRecurrences
{
    public static OracleTensor?[] RmsNorm(NodeProto node, Func<int, OracleTensor?> input)
    {
        var (x, weight, gate, skip) = (input(0)!, input(1), input(2), input(3));
        var channels = (int)node.Int("channels", 0);
        var groups = (int)node.Int("num_groups", 1);
        var isBeforeGate = node.Int("norm_before_gate", 0) == 1;
        var (offset, gateOffset) = ((int)node.Int("x_offset", 0), (int)node.Int("gate_offset", 0));
        var y = new OracleTensor(new double[x.Rows * channels], [.. x.Shape[..^1], channels]);
        var sum = new OracleTensor(new double[x.Rows * channels], [.. x.Shape[..^1], channels]);
        for (var row = 0; row < x.Rows; row++)
        {
            var values = new double[channels];
            for (var i = 0; i < channels; i++)
            {
                values[i] = x.Values[(row * x.Last) + offset + i] + (skip?.Values[(row * channels) + i] ?? 0);
                sum.Values[(row * channels) + i] = values[i];
                if (gate is not null && !isBeforeGate)
                    values[i] *= OracleMath.Silu(gate.Values[(row * gate.Last) + gateOffset + i]);
            }

            var size = channels / groups;
            for (var i = 0; i < channels; i++)
            {
                var group = values.AsSpan(i / size * size, size).ToArray();
                var normalized = values[i] / Math.Sqrt(group.Average(value => value * value) + node.Float("epsilon", 1e-5f));
                normalized *= weight?.Values[i] ?? 1;
                if (gate is not null && isBeforeGate)
                    normalized *= OracleMath.Silu(gate.Values[(row * gate.Last) + gateOffset + i]);
                y.Values[(row * channels) + i] = normalized;
            }
        }

        return [y, sum];
    }

    public static OracleTensor?[] CausalConv1d(NodeProto node, Func<int, OracleTensor?> input)
    {
        var (x, weight, bias, past) = (input(0)!, input(1)!, input(2), input(3)!);
        var (batch, tokens) = (x.Shape[0], x.Shape[1]);
        var (channels, width) = (weight.Shape[0], weight.Shape[1]);
        var offset = (int)node.Int("input_offset", 0);
        var y = OracleTensor.Zeros(batch, tokens, channels);
        var present = OracleTensor.Zeros(batch, width - 1, channels);

        double At(int row, int token, int channel) => token < 0
            ? past.Values[(((row * (width - 1)) + width - 1 + token) * channels) + channel]
            : x.Values[(((row * tokens) + token) * x.Last) + offset + channel];

        for (var row = 0; row < batch; row++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                for (var token = 0; token < tokens; token++)
                {
                    var sum = bias?.Values[channel] ?? 0;
                    for (var k = 0; k < width; k++)
                        sum += weight.Values[(channel * width) + k] * At(row, token - width + 1 + k, channel);
                    y.Values[(((row * tokens) + token) * channels) + channel] = node.Text("activation") == "silu" ? OracleMath.Silu(sum) : sum;
                }

                for (var k = 0; k < width - 1; k++)
                    present.Values[(((row * (width - 1)) + k) * channels) + channel] = At(row, tokens - width + 1 + k, channel);
            }
        }

        return [y, present];
    }

    public static OracleTensor?[] SelectiveScan(NodeProto node, Func<int, OracleTensor?> input)
    {
        var (u, delta, a, d, z, bias) = (input(0)!, input(1)!, input(2)!, input(5), input(6), input(7));
        var (batch, tokens) = (u.Shape[0], u.Shape[1]);
        var (states, channels) = (a.Shape[0], a.Shape[1]);
        var state = input(8)! with { Values = [.. input(8)!.Values] };
        var y = OracleTensor.Zeros(batch, tokens, channels);

        double At(int index, string offset, int row, int token, int channel)
        {
            var tensor = input(index)!;
            return tensor.Values[(((row * tokens) + token) * tensor.Last) + (int)node.Int(offset, 0) + channel];
        }

        for (var row = 0; row < batch; row++)
        {
            for (var token = 0; token < tokens; token++)
            {
                for (var channel = 0; channel < channels; channel++)
                {
                    var dt = At(1, "delta_offset", row, token, channel) + (bias?.Values[channel] ?? 0);
                    dt = node.Int("delta_softplus", 0) == 1 ? OracleMath.Softplus(dt) : dt;
                    var value = At(0, "u_offset", row, token, channel);
                    var sum = (d?.Values[channel] ?? 0) * value;
                    for (var n = 0; n < states; n++)
                    {
                        ref var h = ref state.Values[(((row * states) + n) * channels) + channel];
                        h = (Math.Exp(dt * a.Values[(n * channels) + channel]) * h) + (dt * At(3, "b_offset", row, token, n) * value);
                        sum += At(4, "c_offset", row, token, n) * h;
                    }

                    y.Values[(((row * tokens) + token) * channels) + channel] =
                        z is null ? sum : sum * OracleMath.Silu(At(6, "z_offset", row, token, channel));
                }
            }
        }

        Assert.True(delta.Last >= channels);
        return [y, state];
    }

    public static OracleTensor?[] StateSpaceDual(NodeProto node, Func<int, OracleTensor?> input)
    {
        var (x, a, d, z, bias) = (input(0)!, input(2)!, input(5), input(6), input(7));
        var (batch, tokens) = (x.Shape[0], x.Shape[1]);
        var state = input(8)! with { Values = [.. input(8)!.Values] };
        var (heads, states, size) = (state.Shape[1], state.Shape[2], state.Shape[3]);
        var groups = (int)node.Int("num_groups", 1);
        var y = OracleTensor.Zeros(batch, tokens, heads * size);

        double At(int index, string offset, int row, int token, int channel)
        {
            var tensor = input(index)!;
            return tensor.Values[(((row * tokens) + token) * tensor.Last) + (int)node.Int(offset, 0) + channel];
        }

        Parallel.For(0, batch * heads, index =>
        {
            var (row, head) = Math.DivRem(index, heads);
            var group = head / (heads / groups);
            for (var token = 0; token < tokens; token++)
            {
                var dt = At(1, "dt_offset", row, token, head) + (bias?.Values[head] ?? 0);
                dt = node.Int("dt_softplus", 0) == 1 ? OracleMath.Softplus(dt) : dt;
                dt = Math.Clamp(dt, node.Float("dt_min", 0), node.Float("dt_max", float.MaxValue));
                var decay = Math.Exp(dt * a.Values[head]);
                for (var channel = 0; channel < size; channel++)
                {
                    var value = At(0, "x_offset", row, token, (head * size) + channel);
                    var sum = (d?.Values[head] ?? 0) * value;
                    for (var n = 0; n < states; n++)
                    {
                        ref var s = ref state.Values[(((((row * heads) + head) * states) + n) * size) + channel];
                        s = (decay * s) + (dt * At(3, "b_offset", row, token, (group * states) + n) * value);
                        sum += At(4, "c_offset", row, token, (group * states) + n) * s;
                    }

                    y.Values[(((row * tokens) + token) * heads * size) + (head * size) + channel] =
                        z is null ? sum : sum * OracleMath.Silu(At(6, "z_offset", row, token, (head * size) + channel));
                }
            }
        });
        return [y, state];
    }

    public static OracleTensor?[] ConvStateSpaceDual(NodeProto node, Func<int, OracleTensor?> input)
    {
        var (weight, state) = (input(3)!, input(9)!);
        var convolution = CausalConv1d(node, index => index switch { 0 => input(0), 1 => weight, 2 => input(4), _ => input(8) });
        var (inner, narrow) = (state.Shape[1] * state.Shape[3], (int)node.Int("num_groups", 1) * state.Shape[2]);
        Assert.Equal(inner + (2 * narrow), weight.Shape[0]);
        var recurrence = node.Clone();
        recurrence.Attribute.Add(NodeAttribute.Int("b_offset", inner));
        recurrence.Attribute.Add(NodeAttribute.Int("c_offset", inner + narrow));
        var outputs = StateSpaceDual(recurrence, index => index switch
        {
            0 or 3 or 4 => convolution[0],
            1 => input(1),
            2 => input(5),
            5 => input(6),
            6 => input(2),
            7 => input(7),
            _ => state,
        });
        return [outputs[0], convolution[1], outputs[1]];
    }
}
