namespace EdgeFleet.Inference.Verification;

/// <summary>Accumulates the comparison, one position at a time.</summary>
internal sealed class LogitComparison
{
    private double _worst;
    private long _agreements;
    private double _kl;
    private long _positions;
    private double _mean;
    private double _squares;
    private long _values;

    public void Add(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            var difference = Math.Abs((double)actual[i] - expected[i]);
            _worst = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(_worst, difference);

            // Welford's update: sums of squares of large logits would cancel.
            _values++;
            var delta = expected[i] - _mean;
            _mean += delta / _values;
            _squares += delta * (expected[i] - _mean);
        }

        _agreements += Best(actual) == Best(expected) ? 1 : 0;
        _kl += Divergence(expected, actual);
        _positions++;
    }

    public VerificationResult Result() => new(
        _worst, Math.Sqrt(_squares / _values), (double)_agreements / _positions, _kl / _positions, _positions);

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    private static double Divergence(ReadOnlySpan<float> p, ReadOnlySpan<float> q)
    {
        var normalisationP = LogSumExp(p);
        var normalisationQ = LogSumExp(q);
        double sum = 0;
        for (var i = 0; i < p.Length; i++)
        {
            var logP = p[i] - normalisationP;
            sum += Math.Exp(logP) * (logP - (q[i] - normalisationQ));
        }

        return sum;
    }

    private static double LogSumExp(ReadOnlySpan<float> values)
    {
        double greatest = values[Best(values)];
        double sum = 0;
        foreach (var value in values)
        {
            sum += Math.Exp(value - greatest);
        }

        return greatest + Math.Log(sum);
    }
}
