namespace EdgeFleet.Measurement.Roofline;

/// <summary>Bytes that decode must move, FLOP that prefill must do, and what share of a machine's limits a time is.</summary>
public static class RooflineModel
{
    /// <summary>An MBU above this is no measurement error: the bandwidth was probed too low.</summary>
    public const double MostCredibleMbu = 1.05;

    /// <summary>
    /// Bytes of one decode step with <paramref name="length"/> tokens in each sequence, the new one included: weights once; keys and values
    /// of every token that is seen, read, and of the new one, written; recurrent and convolution state read and written.
    /// </summary>
    public static double StepBytes(ModelCost cost, int batch, long length)
    {
        var fixedState = 2.0 * (cost.RecurrentBytes + cost.ConvolutionBytes);
        return cost.WeightBytesPerStep + (batch * ((cost.KvBytesPerToken * (SeenTokens(cost, length) + 1)) + fixedState));
    }

    /// <summary>
    /// Mean of <see cref="StepBytes"/> over the steps that TPOT covers: with n generated tokens, steps 1 to n - 1, the i-th at length
    /// depth + context + i. Null where TPOT is undefined.
    /// </summary>
    public static double? DecodeBytesPerStep(ModelCost cost, int batch, long depth, long context, int decode)
    {
        if (decode < 2) return null;
        double sum = 0;
        for (var step = 1; step < decode; step++) sum += StepBytes(cost, batch, depth + context + step);
        return sum / (decode - 1);
    }

    /// <summary>FLOP of a prefill: projections, scans and convolutions per token, attention per pair, the head for the positions that get logits.</summary>
    public static double PrefillFlop(ModelCost cost, int batch, long depth, long context, bool allLogits)
    {
        var pairs = (double)cost.AttentionFlopPerPair * AttentionPairs.Full(depth, context);
        foreach (var window in cost.Windows) pairs += (double)window.FlopPerPair * AttentionPairs.Windowed(depth, context, window.Window);
        return batch * (((double)cost.FlopPerToken * context) + pairs + ((double)cost.HeadFlop * (allLogits ? context : 1)));
    }

    /// <summary>Memory bandwidth utilisation: bytes / (time x bandwidth).</summary>
    public static double Mbu(double bytesPerStep, double timePerOutputTokenNs, double bytesPerSecond) =>
        bytesPerStep / (timePerOutputTokenNs * 1e-9 * bytesPerSecond);

    /// <summary>Model FLOP utilisation: FLOP / (time x peak).</summary>
    public static double Mfu(double prefillFlop, double timeToFirstTokenNs, double flopPerSecond) =>
        prefillFlop / (timeToFirstTokenNs * 1e-9 * flopPerSecond);

    // Tokens whose keys and values a step reads, averaged over the attention layers in proportion to their FLOP per pair. Within each
    // supported architecture all attention layers have the same heads, so that this is the mean over layers exactly.
    private static double SeenTokens(ModelCost cost, long length)
    {
        double total = cost.AttentionFlopPerPair;
        var seen = total * length;
        foreach (var window in cost.Windows)
        {
            total += window.FlopPerPair;
            seen += (double)window.FlopPerPair * Math.Min(window.Window, length);
        }

        return total > 0 ? seen / total : 0;
    }
}
