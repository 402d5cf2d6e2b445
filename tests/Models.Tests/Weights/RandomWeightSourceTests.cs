using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsCheck;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Models.Tests.Weights;

public sealed class RandomWeightSourceTests
{
    private static readonly string[] Kinds = ["normal", "uniform", "log-of-column", "log-of-uniform", "time-step"];

    // The digests come from a separate implementation of the generator, in Python.
    [Theory]
    [InlineData("normal", "bf2c10558e39f668719542c4e7bbc2eb7873ca9ba8566e3cf56d2c083e631531")]
    [InlineData("uniform", "d9802962aaf767c4d58b2745f084d45e04b2e3ba3a640b19600f821769f2b783")]
    [InlineData("log-of-column", "891a2f55057be4c73b25b8252c0726bc8c93614edc337657deb89e27a57b5930")]
    [InlineData("log-of-uniform", "6d93957d4bc10901d67968ecac877d4a61ea491ab758002c9ec2db6d5670676b")]
    [InlineData("time-step", "47b12d7fcc00573e47565401c3589931e5ec1c54491cecb665167a30519c0c70")]
    public void Values_are_the_same_on_every_machine(string kind, string sha256)
    {
        using var source = Source(Initialisation(kind), 512, 96);
        var values = new float[512 * 96];
        source.Read("w", values);
        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan()))));
    }

    [Fact]
    public void Any_rows_are_the_slice_of_the_whole() => Gen.Select(
        Gen.Int[0, 4].Select(i => Kinds[i]), Gen.Int[0, 899], Gen.Int[0, 100]).Sample((kind, first, count) =>
    {
        using var source = Source(Initialisation(kind), 1_000, 7);
        var whole = new float[7_000];
        source.Read("w", whole);
        var rows = new float[count * 7];
        source.ReadRows("w", first, rows);
        Assert.True(whole.AsSpan(first * 7, rows.Length).SequenceEqual(rows));
    }, iter: 200);

    [Fact]
    public void Large_reads_in_parallel_equal_small_ones()
    {
        using var source = Source(new WeightInitialisation.Normal(1), 3_001, 331);
        var whole = new float[3_001 * 331];
        source.Read("w", whole);
        var row = new float[331];
        for (var i = 0; i < 3_001; i += 113)
        {
            source.ReadRows("w", i, row);
            Assert.True(whole.AsSpan(i * 331, 331).SequenceEqual(row));
        }
    }

    [Fact]
    public void Positions_beyond_four_billion_have_values_of_their_own()
    {
        using var source = Source(new WeightInitialisation.Normal(1), 1L << 34, 1);
        var across = new float[64];
        source.ReadRows("w", (1L << 32) - 32, across);
        var start = new float[32];
        source.ReadRows("w", 0, start);
        var behind = new float[32];
        source.ReadRows("w", 1L << 32, behind);
        Assert.Equal(across[32..], behind);
        Assert.NotEqual(start, behind);
    }

    [Fact]
    public void Normal_values_have_the_moments_of_a_normal_distribution()
    {
        var values = Draw(new WeightInitialisation.Normal(0.5), 1 << 20);
        Assert.InRange(values.Average(), -0.002, 0.002);
        Assert.InRange(values.Average(v => v * (double)v), 0.25 * 0.99, 0.25 * 1.01);
        Assert.InRange(values.Average(v => Math.Pow(v, 4)) / Math.Pow(0.25, 2), 2.6, 2.8); // 2.7 for the sum of four uniforms, 3 for a normal.
    }

    [Fact]
    public void Uniform_values_fill_their_range_evenly()
    {
        var values = Draw(new WeightInitialisation.Uniform(2), 1 << 20);
        Assert.All(values, value => Assert.InRange(value, -2f, 2f));
        var counts = new int[16];
        foreach (var value in values)
        {
            counts[(int)((value + 2) * 4 * 0.999999f)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, (1 << 16) - 1_500, (1 << 16) + 1_500));
    }

    [Fact]
    public void Neighbours_tensors_and_seeds_are_uncorrelated()
    {
        var values = Draw(new WeightInitialisation.Normal(1), 1 << 18);
        for (var lag = 1; lag <= 64; lag++)
        {
            double sum = 0;
            for (var i = lag; i < values.Length; i++)
            {
                sum += values[i] * values[i - lag];
            }

            Assert.InRange(sum / values.Length, -0.01, 0.01);
        }

        using var other = new RandomWeightSource(8, [new TensorDeclaration("w", [1 << 18], new WeightInitialisation.Normal(1))]);
        using var sibling = new RandomWeightSource(7, [new TensorDeclaration("v", [1 << 18], new WeightInitialisation.Normal(1))]);
        var second = new float[1 << 18];
        foreach (var (source, name) in (ReadOnlySpan<(RandomWeightSource, string)>)[(other, "w"), (sibling, "v")])
        {
            source.Read(name, second);
            double sum = 0;
            for (var i = 0; i < second.Length; i++)
            {
                sum += values[i] * second[i];
            }

            Assert.InRange(sum / second.Length, -0.01, 0.01);
        }
    }

    [Fact]
    public void Decay_and_time_steps_follow_their_formulas()
    {
        using var source = Source(new WeightInitialisation.LogOfColumn(), 3, 16);
        var logs = new float[48];
        source.Read("w", logs);
        for (var i = 0; i < logs.Length; i++)
        {
            Assert.Equal(Math.Log(1 + (i % 16)), logs[i], 1e-6);
        }

        foreach (var value in Draw(new WeightInitialisation.LogOfUniform(1, 16), 1_000))
        {
            Assert.InRange(Math.Exp(value), 0.999999, 16.00001);
        }

        var steps = Draw(new WeightInitialisation.TimeStepBias(0.001, 0.1, 0.002), 1_000).Select(b => Math.Log(1 + Math.Exp(b))).ToList();
        Assert.All(steps, step => Assert.InRange(step, 0.00199999, 0.1000001));
        Assert.Contains(steps, step => step < 0.0020001);
        Assert.Contains(steps, step => step > 0.08);
    }

    [Fact]
    public void Portable_functions_agree_with_the_libraries() => Gen.Double[1e-300, 1e300].Sample(x =>
    {
        Assert.Equal(Math.Log(x), PortableMath.Log(x), Math.Abs(Math.Log(x)) * 1e-14);
        var exponent = Math.Log(x);
        Assert.Equal(1, PortableMath.Exp(exponent) / Math.Exp(exponent), 1e-12);
    }, iter: 10_000);

    [Theory]
    [InlineData("backbone.layers.0.mixer.A_log", new long[] { 1536, 16 }, typeof(WeightInitialisation.LogOfColumn))]
    [InlineData("backbone.layers.0.mixer.A_log", new long[] { 24 }, typeof(WeightInitialisation.LogOfUniform))]
    [InlineData("backbone.layers.0.mixer.dt_proj.bias", new long[] { 24 }, typeof(WeightInitialisation.TimeStepBias))]
    [InlineData("model.layers.0.mamba.dt_bias", new long[] { 24 }, typeof(WeightInitialisation.TimeStepBias))]
    [InlineData("model.layers.0.input_layernorm.weight", new long[] { 24 }, typeof(WeightInitialisation.Constant))]
    [InlineData("model.layers.0.self_attn.q_proj.bias", new long[] { 24 }, typeof(WeightInitialisation.Normal))]
    [InlineData("transformer.ln_f.bias", new long[] { 24 }, typeof(WeightInitialisation.Constant))]
    [InlineData("lm_head.weight", new long[] { 24, 8 }, typeof(WeightInitialisation.Normal))]
    [InlineData("w", new long[] { 24, 8 }, typeof(WeightInitialisation.Normal))]
    public void Names_tell_the_initialisation(string name, long[] shape, Type expected) =>
        Assert.IsType(expected, StandardInitialisation.For(name, shape, layers: 12));

    private static WeightInitialisation Initialisation(string kind) => kind switch
    {
        "normal" => new WeightInitialisation.Normal(0.02),
        "uniform" => new WeightInitialisation.Uniform(0.3),
        "log-of-column" => new WeightInitialisation.LogOfColumn(),
        "log-of-uniform" => new WeightInitialisation.LogOfUniform(1, 16),
        _ => new WeightInitialisation.TimeStepBias(),
    };

    private static RandomWeightSource Source(WeightInitialisation initialisation, long rows, long columns) =>
        new(7, [new TensorDeclaration("w", ImmutableArray.Create(rows, columns), initialisation)]);

    private static float[] Draw(WeightInitialisation initialisation, int count)
    {
        using var source = Source(initialisation, count, 1);
        var values = new float[count];
        source.Read("w", values);
        return values;
    }
}
