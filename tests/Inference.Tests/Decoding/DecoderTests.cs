using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Tests.Graphs;
using EdgeFleet.Models.Artifacts;
using Xunit;

namespace EdgeFleet.Inference.Tests.Decoding;

public sealed class DecoderTests
{
    private const double Tolerance = 2e-5;

    [Theory]
    [InlineData(true, 1, 0)]
    [InlineData(true, 1, 1)]
    [InlineData(true, 1, 7)]
    [InlineData(true, 1, 32)]
    [InlineData(true, 2, 0)]
    [InlineData(true, 3, 1)]
    [InlineData(true, 3, 7)]
    [InlineData(true, 2, 6)]
    [InlineData(false, 1, 0)]
    [InlineData(false, 3, 0)]
    [InlineData(false, 3, 5)]
    [InlineData(false, 2, 1)]
    public void Prefill_in_any_chunks_then_steps_give_the_references_logits_at_each_position(bool attention, int batch, int chunk)
    {
        const int prompt = 19;
        const int total = 31;
        var model = new TinyDecoder(seed: 5, attention);
        using var session = TinySession.Open(model);
        using var decoder = new Decoder(session, new DecoderShape(batch, total), TestContext.Current.CancellationToken);
        var sequences = Enumerable.Range(0, batch).Select(row => TinySession.Tokens(row, total)).ToArray();
        var references = sequences.Select(tokens => model.Reference(tokens)).ToArray();
        var worst = 0.0;
        var positions = 0;

        decoder.PrefillAllPositions([.. sequences.SelectMany(static tokens => tokens[..prompt])], chunk, Compare);
        for (var t = prompt; t < total; t++)
        {
            decoder.Step([.. sequences.Select(tokens => tokens[t])]);
            Compare(t, 0, decoder.Logits);
        }

        Assert.Equal(total * batch, positions);
        Assert.Equal(total, decoder.Length);
        Assert.InRange(worst, 0, Tolerance);

        void Compare(int first, int firstSequence, LogitsView logits)
        {
            var row = new float[TinyDecoder.Vocabulary];
            for (var sequence = 0; sequence < logits.Batch; sequence++)
            {
                for (var position = 0; position < logits.Positions; position++)
                {
                    logits.CopyRow(sequence, position, row);
                    worst = Math.Max(worst, row.Zip(references[firstSequence + sequence][first + position], static (a, b) => Math.Abs(a - b)).Max());
                    positions++;
                }
            }
        }
    }

    [Theory]
    [InlineData(true, 1, 4)]
    [InlineData(true, 2, 0)]
    [InlineData(true, 3, 4)]
    [InlineData(true, 2, 3)]
    [InlineData(true, 2, 1)]
    [InlineData(false, 3, 4)]
    public void Greedy_generation_follows_the_reference(bool attention, int batch, int chunk)
    {
        const int prompt = 9;
        const int generated = 12;
        var model = new TinyDecoder(seed: 11, attention);
        using var session = TinySession.Open(model);
        using var decoder = new Decoder(session, new DecoderShape(batch, prompt + generated), TestContext.Current.CancellationToken);
        var sequences = Enumerable.Range(0, batch).Select(row => TinySession.Tokens(row + 100, prompt).ToList()).ToArray();

        decoder.Prefill([.. sequences.SelectMany(static tokens => tokens)], chunk);
        for (var step = 0; step <= generated; step++)
        {
            for (var row = 0; row < batch; row++)
            {
                var logits = model.Reference(sequences[row].ToArray())[^1];
                Assert.Equal(Array.IndexOf(logits, logits.Max()), decoder.NextTokens[row]);
                sequences[row].Add(decoder.NextTokens[row]);
            }

            if (step < generated)
            {
                decoder.Step();
            }
        }
    }

    [Fact]
    public void A_prefill_that_ends_sequence_by_sequence_keeps_no_logits()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));
        using var decoder = new Decoder(session, new DecoderShape(2, 12), TestContext.Current.CancellationToken);

        Assert.True(session.PrefillsBySequence);
        decoder.Prefill(new long[20], chunk: 4);
        Assert.Throws<InvalidOperationException>(() => decoder.Logits.Positions);
        decoder.Step();
        Assert.Equal(1, decoder.Logits.Positions);
    }

    [Fact]
    public void A_step_allocates_no_managed_memory()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 1, attention: true));
        using var decoder = new Decoder(session, new DecoderShape(1, 200), TestContext.Current.CancellationToken);
        decoder.Prefill(TinySession.Tokens(1, 8));
        for (var i = 0; i < 50; i++)
        {
            decoder.Step();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            decoder.Step();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Reset_empties_the_state()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));
        using var decoder = new Decoder(session, new DecoderShape(1, 64), TestContext.Current.CancellationToken);
        var prompt = TinySession.Tokens(4, 20);
        var first = Logits(decoder, prompt);
        decoder.Step();
        decoder.Reset();

        Assert.Equal(first, Logits(decoder, prompt));
    }

    [Fact]
    public void A_checkpoint_brings_back_state_and_next_token()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));
        using var decoder = new Decoder(session, new DecoderShape(1, 64), TestContext.Current.CancellationToken);
        decoder.Prefill(TinySession.Tokens(4, 20));
        using var checkpoint = decoder.Save();
        var first = Continue(decoder);
        decoder.Restore(checkpoint);

        Assert.Equal(20, decoder.Length);
        Assert.Equal(first, Continue(decoder));

        static long[] Continue(Decoder decoder)
        {
            var tokens = new List<long>();
            for (var i = 0; i < 10; i++)
            {
                tokens.Add(decoder.NextTokens[0]);
                decoder.Step();
            }

            return [.. tokens];
        }
    }

    [Fact]
    public void More_tokens_than_the_capacity_are_refused_and_the_decoder_stays_usable()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));
        using var decoder = new Decoder(session, new DecoderShape(1, 8), TestContext.Current.CancellationToken);
        decoder.Prefill(TinySession.Tokens(4, 7));
        decoder.Step();

        var exception = Assert.Throws<DecoderException>(() => decoder.Step().Length);

        Assert.Contains("capacity of 8", exception.Message, StringComparison.Ordinal);
        decoder.Reset();
        decoder.Prefill(TinySession.Tokens(4, 8));
    }

    [Fact]
    public void A_length_past_the_models_positions_is_refused()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));

        var exception = Assert.Throws<DecoderException>(
            () => new Decoder(session, new DecoderShape(1, 513), TestContext.Current.CancellationToken));

        Assert.Contains("512", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void State_bytes_are_told_by_kind_with_what_rounding_adds()
    {
        using var session = TinySession.Open(new TinyDecoder(seed: 3, attention: true));
        using var decoder = new Decoder(
            session, new DecoderShape(2, 20) { PowerOfTwoCapacity = true }, TestContext.Current.CancellationToken);

        const int perPosition = 2 * 2 * TinyDecoder.KvHeads * TinyDecoder.HeadSize * sizeof(float);
        Assert.Equal(
            [
                new StateBytes(StateKind.Kv, 20 * perPosition, 32 * perPosition),
                new StateBytes(StateKind.Recurrent, 2 * TinyDecoder.Hidden * sizeof(float), 2 * TinyDecoder.Hidden * sizeof(float)),
            ],
            decoder.State.Bytes);
    }

    [Fact]
    public void A_manifest_that_names_an_input_the_graph_lacks_is_refused()
    {
        var model = new TinyDecoder(seed: 3, attention: false);
        var manifest = model.Manifest with { Inputs = model.Manifest.Inputs.Add(new("surplus", InputRole.PastLength, "int64")) };

        var exception = Assert.Throws<DecoderException>(() => TinySession.Open(model.ToModel(), manifest));

        Assert.Contains("surplus", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_with_an_input_the_manifest_lacks_is_refused()
    {
        var model = new TinyDecoder(seed: 3, attention: false);
        var manifest = model.Manifest with { Inputs = [model.Manifest.Inputs[0]] };

        var exception = Assert.Throws<DecoderException>(() => TinySession.Open(model.ToModel(), manifest));

        Assert.Contains("logits_indices", exception.Message, StringComparison.Ordinal);
    }

    private static float[] Logits(Decoder decoder, long[] prompt)
    {
        decoder.Prefill(prompt);
        var row = new float[TinyDecoder.Vocabulary];
        decoder.Logits.CopyRow(0, 0, row);
        return row;
    }
}
