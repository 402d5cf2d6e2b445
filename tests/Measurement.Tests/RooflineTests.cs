using CsCheck;
using EdgeFleet.Measurement.Roofline;
using Xunit;

namespace EdgeFleet.Measurement.Tests;

public sealed class RooflineTests
{
    private static readonly ModelCost Cost = new()
    {
        WeightBytesPerStep = 1_000_000,
        FlopPerToken = 2_000_000,
        HeadFlop = 500_000,
        AttentionFlopPerPair = 300,
        Windows = [new WindowCost(16, 100)],
        KvBytesPerToken = 64,
        RecurrentBytes = 4096,
        ConvolutionBytes = 256,
    };

    [Fact]
    public void Pairs_are_those_that_a_causal_mask_lets_through() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], Gen.Int[1, 50]).Sample((past, tokens, window) =>
        {
            long full = 0, windowed = 0;
            for (var query = past; query < past + tokens; query++)
            {
                for (var key = 0; key <= query; key++)
                {
                    full++;
                    if (query - key < window) windowed++;
                }
            }

            Assert.Equal(full, AttentionPairs.Full(past, tokens));
            Assert.Equal(windowed, AttentionPairs.Windowed(past, tokens, window));
        });

    [Fact]
    public void Prefill_does_the_same_work_in_one_piece_as_in_two() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[1, 100], Gen.Int[1, 100]).Sample((depth, first, second) =>
        {
            var pieces = RooflineModel.PrefillFlop(Cost, 2, depth, first, allLogits: true) + RooflineModel.PrefillFlop(Cost, 2, depth + first, second, allLogits: true);
            Assert.Equal(pieces, RooflineModel.PrefillFlop(Cost, 2, depth, first + second, allLogits: true), 1.0);
        });

    [Fact]
    public void A_step_reads_weights_once_and_each_sequences_state()
    {
        // 3/4 of the attention sees all 100 tokens, 1/4 sees 16; one token is written; recurrent state is read and written.
        var seen = (0.75 * 100) + (0.25 * 16);
        Assert.Equal(1_000_000 + (3 * ((64 * (seen + 1)) + (2 * (4096 + 256)))), RooflineModel.StepBytes(Cost, 3, 100), 1e-6);
    }

    [Fact]
    public void Decode_bytes_are_the_mean_over_the_steps_that_TPOT_covers()
    {
        Assert.Null(RooflineModel.DecodeBytesPerStep(Cost, 1, 0, 10, 1));
        var expected = (RooflineModel.StepBytes(Cost, 1, 21) + RooflineModel.StepBytes(Cost, 1, 22) + RooflineModel.StepBytes(Cost, 1, 23)) / 3;
        Assert.Equal(expected, RooflineModel.DecodeBytesPerStep(Cost, 1, 10, 10, 4)!.Value, 1e-6);
    }

    [Fact]
    public void A_pure_SSM_moves_the_same_bytes_at_every_depth()
    {
        var ssm = Cost with { AttentionFlopPerPair = 0, Windows = [], KvBytesPerToken = 0 };
        Assert.Equal(RooflineModel.StepBytes(ssm, 1, 1), RooflineModel.StepBytes(ssm, 1, 100_000));
        Assert.Equal(ssm.StateBytes(2, 10), ssm.StateBytes(2, 100_000));
    }

    [Fact]
    public void Utilisation_is_one_at_the_limit()
    {
        Assert.Equal(1, RooflineModel.Mbu(1e6, 1e6, 1e9), 1e-12);
        Assert.Equal(0.5, RooflineModel.Mfu(1e9, 1e9, 2e9), 1e-12);
    }

    [Fact]
    public void State_bytes_follow_batch_and_capacity() => Assert.Equal(3 * ((64 * 7) + 4096 + 256), Cost.StateBytes(3, 7));
}
