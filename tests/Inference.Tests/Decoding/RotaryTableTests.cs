using EdgeFleet.Inference.Decoding;
using EdgeFleet.Models.Artifacts;
using Xunit;

namespace EdgeFleet.Inference.Tests.Decoding;

public sealed class RotaryTableTests
{
    private const int Dimension = 64;

    private static RotaryManifest Plain => new("cos", "sin", Dimension, 10000, null);

    [Fact]
    public void Plain_tables_are_cosines_and_sines_of_position_times_frequency()
    {
        const int positions = 5000;
        var cos = new float[positions * Dimension / 2];
        var sin = new float[cos.Length];

        RotaryTable.Fill(Plain, positions, null, cos, sin);

        foreach (var (position, pair) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 0), (4999, 0), (4999, 31), (777, 13)])
        {
            var angle = position / Math.Pow(10000, 2.0 * pair / Dimension);
            Assert.Equal((float)Math.Cos(angle), cos[(position * Dimension / 2) + pair], 1e-6f);
            Assert.Equal((float)Math.Sin(angle), sin[(position * Dimension / 2) + pair], 1e-6f);
        }
    }

    [Fact]
    public void Linear_scaling_divides_all_frequencies()
    {
        var scaled = RotaryTable.Frequencies(Plain with { Scaling = new() { Type = "linear", Factor = 4 } }, 100);

        Assert.All(
            scaled.Zip(RotaryTable.Frequencies(Plain, 100)), static pair => Assert.Equal(pair.Second / 4, pair.First, 15));
    }

    [Fact]
    public void Llama3_scaling_keeps_short_wavelengths_divides_long_ones_and_blends_between()
    {
        var manifest = new RotaryManifest("cos", "sin", 64, 500000, new()
        {
            Type = "llama3", Factor = 32, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalContext = 8192,
        });
        var plain = RotaryTable.Frequencies(manifest with { Scaling = null }, 100);
        var scaled = RotaryTable.Frequencies(manifest, 100);
        var kinds = new HashSet<string>();
        for (var i = 0; i < plain.Length; i++)
        {
            var turns = 8192 * plain[i] / (2 * Math.PI);
            var expected = turns > 4 ? plain[i] : turns < 1 ? plain[i] / 32 : plain[i] * (((1 - ((turns - 1) / 3)) / 32) + ((turns - 1) / 3));
            kinds.Add(turns > 4 ? "kept" : turns < 1 ? "divided" : "blended");
            Assert.Equal(expected, scaled[i], 14);
        }

        Assert.Equal(3, kinds.Count);
    }

    [Theory]
    [InlineData(4096, 1.25)]
    [InlineData(4097, 8)]
    public void Longrope_chooses_its_factors_by_the_total_length(int totalLength, double factor)
    {
        var manifest = Plain with
        {
            Scaling = new()
            {
                Type = "longrope",
                OriginalContext = 4096,
                ShortFactors = [.. Enumerable.Repeat(1.25, Dimension / 2)],
                LongFactors = [.. Enumerable.Repeat(8.0, Dimension / 2)],
            },
        };

        Assert.All(
            RotaryTable.Frequencies(manifest, totalLength).Zip(RotaryTable.Frequencies(Plain, 1)),
            pair => Assert.Equal(pair.Second / factor, pair.First, 15));
        Assert.Equal(Math.Sqrt(1 + (Math.Log(32) / Math.Log(4096))), RotaryTable.Amplitude(manifest, 131072), 12);
        Assert.Equal(1, RotaryTable.Amplitude(manifest, 4096));
    }

    [Fact]
    public void Yarn_keeps_fast_pairs_divides_slow_ones_and_ramps_between()
    {
        var manifest = Plain with { Scaling = new() { Type = "yarn", Factor = 4, OriginalContext = 2048 } };
        var plain = RotaryTable.Frequencies(Plain, 1);
        var scaled = RotaryTable.Frequencies(manifest, 1);

        // Pairs that turn 32 times and once over 2048 positions: 64 ln(2048 / (2 pi r)) / (2 ln 10000) = 8.06 and 20.1.
        const int low = 8;
        const int high = 21;
        for (var i = 0; i < plain.Length; i++)
        {
            var ramp = Math.Clamp((i - low) / (double)(high - low), 0, 1);
            Assert.Equal(plain[i] * ((ramp / 4) + 1 - ramp), scaled[i], 14);
        }

        Assert.Equal((0.1 * Math.Log(4)) + 1, RotaryTable.Amplitude(manifest, null), 12);
    }

    [Fact]
    public void Yarn_has_the_ramp_that_its_betas_and_truncation_say()
    {
        var plain = RotaryTable.Frequencies(Plain, 1);
        var scaled = RotaryTable.Frequencies(
            Plain with { Scaling = new() { Type = "yarn", Factor = 4, OriginalContext = 2048, BetaFast = 16, BetaSlow = 2, Truncate = false } }, 1);

        var low = 64 * Math.Log(2048 / (16 * 2 * Math.PI)) / (2 * Math.Log(10000));
        var high = 64 * Math.Log(2048 / (2 * 2 * Math.PI)) / (2 * Math.Log(10000));
        for (var i = 0; i < plain.Length; i++)
        {
            var ramp = Math.Clamp((i - low) / (high - low), 0, 1);
            Assert.Equal(plain[i] * ((ramp / 4) + 1 - ramp), scaled[i], 14);
        }
    }

    [Theory]
    [InlineData(100, 1)]
    [InlineData(2048, 1)]
    [InlineData(6144, 5)]
    public void Dynamic_scaling_raises_the_base_beyond_the_trained_context(int totalLength, double growth)
    {
        var scaled = RotaryTable.Frequencies(Plain with { Scaling = new() { Type = "dynamic", Factor = 2, OriginalContext = 2048 } }, totalLength);

        // Growth is factor * length / context - (factor - 1).
        var expected = RotaryTable.Frequencies(Plain with { Base = 10000 * Math.Pow(growth, 64 / 62.0) }, 1);
        Assert.All(scaled.Zip(expected), static pair => Assert.Equal(pair.Second, pair.First, 14));
    }

    [Fact]
    public void Proportional_scaling_turns_a_share_of_the_pairs()
    {
        var plain = RotaryTable.Frequencies(Plain, 1);
        var scaled = RotaryTable.Frequencies(Plain with { Scaling = new() { Type = "proportional", Factor = 2, RotatedShare = 0.25 } }, 1);

        Assert.Equal([.. plain.Take(8).Select(static frequency => frequency / 2), .. new double[24]], scaled);
    }

    [Theory]
    [InlineData("linear", "factor")]
    [InlineData("llama3", "factor")]
    [InlineData("longrope", "original_context")]
    [InlineData("yarn", "factor")]
    [InlineData("dynamic", "factor")]
    [InlineData("proportional", "rotated_share")]
    [InlineData("mrope", "mrope")]
    public void A_scaling_that_is_unknown_or_lacks_a_member_is_refused_by_name(string type, string expected)
    {
        var exception = Assert.Throws<DecoderException>(() => RotaryTable.Frequencies(Plain with { Scaling = new() { Type = type } }, 1));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
