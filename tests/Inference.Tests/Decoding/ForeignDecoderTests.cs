using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Tests.Graphs;
using Xunit;

namespace EdgeFleet.Inference.Tests.Decoding;

public sealed class ForeignDecoderTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 3)]
    [InlineData(3, 4)]
    public void States_that_are_appended_to_masks_and_positions_grow_with_each_run(int batch, int chunk)
    {
        const int prompt = 10;
        const int total = 14;
        using var session = TinySession.Open(TinyForeignDecoder.ToModel(), TinyForeignDecoder.Manifest);
        using var decoder = new Decoder(session, new DecoderShape(batch, total), TestContext.Current.CancellationToken);
        var random = new Random(1);
        var sequences = Enumerable.Range(0, batch)
            .Select(_ => Enumerable.Range(0, total).Select(_ => (long)random.Next(TinyForeignDecoder.Vocabulary)).ToArray()).ToArray();

        // Twice, so that a reset is seen to start over.
        for (var round = 0; round < 2; round++)
        {
            decoder.Reset();
            decoder.Prefill([.. sequences.SelectMany(static tokens => tokens[..prompt])], chunk);
            Compare();
            while (decoder.Length < total)
            {
                var position = decoder.Length;
                decoder.Step([.. sequences.Select(tokens => tokens[position])]);
                Compare();
            }
        }

        void Compare()
        {
            var row = new float[TinyForeignDecoder.Vocabulary];
            for (var sequence = 0; sequence < batch; sequence++)
            {
                decoder.Logits.CopyRow(sequence, decoder.Logits.Positions - 1, row);
                var expected = TinyForeignDecoder.Reference(sequences[sequence], decoder.Length - 1, decoder.Length);
                Assert.All(row.Zip(expected), static pair => Assert.Equal(pair.Second, pair.First, 1e-4));
                Assert.Equal(Array.IndexOf(expected, expected.Max()), decoder.NextTokens[sequence]);
            }
        }
    }

    [Fact]
    public void Growing_states_count_twice_and_cannot_be_saved()
    {
        using var session = TinySession.Open(TinyForeignDecoder.ToModel(), TinyForeignDecoder.Manifest);
        using var decoder = new Decoder(session, new DecoderShape(1, 10), TestContext.Current.CancellationToken);

        var bytes = Assert.Single(decoder.State.Bytes);
        Assert.Equal(2 * bytes.Needed, bytes.Allocated);
        Assert.Throws<DecoderException>(() => decoder.Save());
    }
}
