using CsCheck;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Weights;
using Xunit;

namespace EdgeFleet.Inference.Tests.Decoding;

public sealed unsafe class LogitsViewTests
{
    [Fact]
    public void The_greatest_logit_wins_and_the_lowest_id_among_equals()
    {
        var gen = Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 300], Gen.Int[0, 1000]);
        gen.Sample((batch, positions, vocabulary, seed) =>
        {
            // Few different values, so that there are ties.
            var random = new Random(seed);
            var values = Enumerable.Range(0, batch * positions * vocabulary).Select(_ => (float)random.Next(-9, 9)).ToArray();
            var halves = values.Select(static value => (Half)value).ToArray();
            var words = new ushort[values.Length];
            BFloat16Conversion.FromSingle(values, words);
            fixed (float* single = values)
            fixed (Half* half = halves)
            fixed (ushort* word = words)
            {
                var singles = new LogitsView((nint)single, OrtElementType.Float32, batch, positions, vocabulary);
                var narrow = new LogitsView((nint)half, OrtElementType.Float16, batch, positions, vocabulary);
                var coarse = new LogitsView((nint)word, OrtElementType.BFloat16, batch, positions, vocabulary);
                var copied = new float[vocabulary];
                for (var row = 0; row < batch * positions; row++)
                {
                    var expected = values.AsSpan(row * vocabulary, vocabulary).ToArray();
                    var best = Array.IndexOf(expected, expected.Max());
                    Assert.Equal(best, singles.ArgMax(row / positions, row % positions));
                    Assert.Equal(best, narrow.ArgMax(row / positions, row % positions));
                    Assert.Equal(best, coarse.ArgMax(row / positions, row % positions));
                    // Whole numbers of so few digits are the same in all three types.
                    coarse.CopyRow(row / positions, row % positions, copied);
                    Assert.Equal(expected, copied);
                }
            }
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(70)]
    public void A_logit_that_is_not_a_number_is_an_error_that_names_it(int where)
    {
        var values = new float[71];
        values[where] = float.NaN;
        fixed (float* single = values)
        {
            var address = (nint)single;
            var exception = Assert.Throws<NonFiniteLogitsException>(
                () => new LogitsView(address, OrtElementType.Float32, 1, 1, 71).ArgMax(0, 0));
            Assert.Equal(where, exception.Token);
            Assert.DoesNotContain("fp32", exception.Message, StringComparison.Ordinal);
        }

        var words = new ushort[values.Length];
        BFloat16Conversion.FromSingle(values, words);
        fixed (ushort* word = words)
        {
            var address = (nint)word;
            var exception = Assert.Throws<NonFiniteLogitsException>(
                () => new LogitsView(address, OrtElementType.BFloat16, 1, 1, 71).ArgMax(0, 0));
            Assert.Equal(where, exception.Token);
            Assert.DoesNotContain("fp32", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_logits_of_little_range_are_advised_to_have_more()
    {
        Half[] values = [Half.NaN];
        fixed (Half* half = values)
        {
            var address = (nint)half;
            var exception = Assert.Throws<NonFiniteLogitsException>(() => new LogitsView(address, OrtElementType.Float16, 1, 1, 1).ArgMax(0, 0));
            Assert.Contains("fp32", exception.Message, StringComparison.Ordinal);
        }
    }
}
