using CsCheck;
using EdgeFleet.Measurement.Axes;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class AxisTests
{
    [Theory]
    [InlineData("1", new[] { 1 })]
    [InlineData("1k,8k,32k", new[] { 1024, 8192, 32768 })]
    [InlineData("1k-64k*2", new[] { 1024, 2048, 4096, 8192, 16384, 32768, 65536 })]
    [InlineData("0-4096+512", new[] { 0, 512, 1024, 1536, 2048, 2560, 3072, 3584, 4096 })]
    [InlineData("256-8k*2", new[] { 256, 512, 1024, 2048, 4096, 8192 })]
    [InlineData("1-4", new[] { 1, 2, 3, 4 })]
    [InlineData("100-350*2", new[] { 100, 200 })]
    [InlineData("7-7*3", new[] { 7 })]
    [InlineData("1M", new[] { 1048576 })]
    [InlineData("8, 1 - 2", null)]
    [InlineData("8, 1-2 ,8,2", new[] { 8, 1, 2 })]
    public void An_axis_expands_as_in_llama_bench(string text, int[]? expected)
    {
        if (expected is null) Assert.Throws<AxisFormatException>(() => Axis.Parse("depth", text, AxisLimits.Depth));
        else Assert.Equal(expected, Axis.Parse("depth", text, AxisLimits.Depth));
    }

    [Theory]
    [InlineData("", 0, "ends where a number is expected")]
    [InlineData("1k,", 3, "ends where a number is expected")]
    [InlineData("1k,x", 3, "'x' is not a number")]
    [InlineData("1kk", 2, "unexpected 'k'")]
    [InlineData("-5", 0, "'-' is not a number")]
    [InlineData("8-4", 0, "ends at 4, before it begins at 8")]
    [InlineData("1,0-64*2", 2, "cannot begin at 0")]
    [InlineData("1-64*1", 5, "a factor must be at least 2")]
    [InlineData("1-64+0", 5, "a step must be at least 1")]
    [InlineData("5,17m", 2, "outside 0 to 16777216")]
    [InlineData("99999999999", 0, "too large")]
    [InlineData("0-16m", 0, "at most 1000 are allowed")]
    [InlineData("0-999,1000-1100", 6, "more than 1000 values")]
    [InlineData("1;2", 1, "unexpected ';'")]
    public void An_error_names_the_axis_the_position_and_the_problem(string text, int position, string problem)
    {
        var error = Assert.Throws<AxisFormatException>(() => Axis.Parse("depth", text, AxisLimits.Depth));
        Assert.Equal(position, error.Position);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"--depth '{text}', position {position + 1}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_holds_every_step_up_to_its_end() =>
        Gen.Select(Gen.Int[0, 5000], Gen.Int[0, 5000], Gen.Int[10, 500]).Sample((start, length, step) =>
        {
            var values = Axis.Parse("depth", $"{start}-{start + length}+{step}", AxisLimits.Depth);
            Assert.Equal(Enumerable.Range(0, (length / step) + 1).Select(i => start + (i * step)), values);
        });

    [Fact]
    public void A_geometric_range_holds_every_power_up_to_its_end() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Int[0, 100_000], Gen.Int[2, 9]).Sample((start, length, factor) =>
        {
            var values = Axis.Parse("depth", $"{start}-{start + length}*{factor}", AxisLimits.Depth);
            Assert.Equal(start, values[0]);
            Assert.All(values.Zip(values.Skip(1)), pair => Assert.Equal(pair.First * factor, pair.Second));
            Assert.True(values[^1] <= start + length && (long)values[^1] * factor > start + length);
        });

    [Fact]
    public void Any_text_gives_values_within_the_limits_or_a_format_error() =>
        Gen.String[Gen.Char["0019km-+*, x"], 0, 16].Sample(text =>
        {
            try
            {
                var values = Axis.Parse("context", text, AxisLimits.Context);
                Assert.NotEmpty(values);
                Assert.True(values.Length <= AxisLimits.Context.MaximumCount);
                Assert.All(values, value => Assert.InRange(value, 1, 1 << 24));
                Assert.Equal(values.Distinct(), values);
            }
            catch (AxisFormatException error)
            {
                Assert.InRange(error.Position, 0, text.Length);
            }
        });
}
