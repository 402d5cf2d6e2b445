using EdgeFleet.Measurement.Energy;
using Xunit;

namespace EdgeFleet.Measurement.Tests.Energy;

/// <summary>Power whose energy is known exactly is sampled as a sensor would, and given back.</summary>
public sealed class EnergyTests(ITestOutputHelper output)
{
    private const double Period = 0.1;

    [Fact]
    public void A_known_waveform_is_recovered_within_one_percent()
    {
        // 20 W with a swing of 8 W over 3.7 s, sampled at 10 Hz; the span cuts sampling intervals at both ends.
        Waveform wave = new(t => 20 + (8 * Math.Sin(2 * Math.PI * t / 3.7)), (a, b) => (20 * (b - a)) - (8 * 3.7 / (2 * Math.PI) * (Math.Cos(2 * Math.PI * b / 3.7) - Math.Cos(2 * Math.PI * a / 3.7))));
        var (times, watts) = Sample(wave, 12, new Random(1), 0.01);
        var estimate = PowerIntegral.Over(times, watts, Ns(1.2345), Ns(9.8765), 0.01)!.Value;
        output.WriteLine(FormattableString.Invariant($"sine of 40 %: energy off by {(estimate.Joules / wave.Energy(1.2345, 9.8765)) - 1:+0.000%;-0.000%}"));
        Assert.Equal(1, estimate.Joules / wave.Energy(1.2345, 9.8765), 0.01);
        Assert.InRange(estimate.Samples, 80, 92);
    }

    [Fact]
    public void A_ramp_is_integrated_exactly_between_samples()
    {
        var estimate = PowerIntegral.Over([0, 1_000_000_000, 2_000_000_000], [0, 10, 20], 500_000_000, 1_500_000_000, 0)!.Value;
        Assert.Equal(10, estimate.Joules, 1e-12);
        Assert.Equal(1, estimate.Samples);
    }

    [Fact]
    public void Nothing_is_extrapolated_beyond_the_samples()
    {
        Assert.Null(PowerIntegral.Over([10, 20], [1, 1], 5, 15, 0));
        Assert.Null(PowerIntegral.Over([10, 20], [1, 1], 15, 25, 0));
        Assert.Null(PowerIntegral.Over([], [], 0, 0, 0));
        Assert.Null(CounterDifference.Over([10, 20], [1, 1], 5, 15, 0));
        Assert.Equal(0, PowerIntegral.Over([10, 20], [1, 1], 15, 15, 0)!.Value.Joules);
    }

    [Theory]
    [InlineData("steady")]
    [InlineData("sine")]
    [InlineData("bursts")]
    [InlineData("steps")]
    public void The_stated_uncertainty_covers_the_error_in_95_percent_of_random_cases(string kind)
    {
        const int cases = 1000;
        var random = new Random(20260101);
        var power = Enumerable.Range(0, cases).Count(_ => Covered(kind, random, counter: false));
        var counter = Enumerable.Range(0, cases).Count(_ => Covered(kind, random, counter: true));
        output.WriteLine($"{kind}: the stated uncertainty covered the error of the power sensor in {power} and of the counter in {counter} of {cases} cases");
        Assert.True(power >= 0.95 * cases, $"Power: {power} of {cases}");
        Assert.True(counter >= 0.95 * cases, $"Counter: {counter} of {cases}");
    }

    [Fact]
    public void The_stated_uncertainty_is_not_vacuous()
    {
        var random = new Random(7);
        var wave = Waveform.Random("steps", random);
        var (times, watts) = Sample(wave, 12, random, 0.05);
        var estimate = PowerIntegral.Over(times, watts, Ns(1), Ns(11), 0.05)!.Value;
        Assert.InRange(estimate.HalfWidth95 / estimate.Joules, 1e-5, 0.1);
    }

    [Fact]
    public void Errors_of_spans_add_in_squares_and_divide()
    {
        var sum = (new EnergyEstimate(10, 3, 1) - new EnergyEstimate(4, 4, 2)) / 2;
        Assert.Equal((3, 2.5, 3), (sum.Joules, sum.StandardError, sum.Samples));
        Assert.Equal(14, (new EnergyEstimate(10, 0, 1) + new EnergyEstimate(4, 0, 1)).Joules);
    }

    private static bool Covered(string kind, Random random, bool counter)
    {
        var wave = Waveform.Random(kind, random);
        var step = counter ? 0.001 : random.NextDouble() * 0.2;
        var start = 0.5 + random.NextDouble();
        var end = start + 2 + (8 * random.NextDouble());
        var (times, values) = counter ? Count(wave, 12, random, step) : Sample(wave, 12, random, step);
        var estimate = counter ? CounterDifference.Over(times, values, Ns(start), Ns(end), step) : PowerIntegral.Over(times, values, Ns(start), Ns(end), step);
        return Math.Abs(estimate!.Value.Joules - wave.Energy(start, end)) <= estimate.Value.HalfWidth95 + 1e-9;
    }

    /// <summary>Samples with jitter, rounded to the sensor's step.</summary>
    private static (long[] Times, double[] Values) Sample(Waveform wave, double seconds, Random random, double step)
    {
        double[] instants = [.. Instants(seconds, random)];
        return ([.. instants.Select(Ns)], [.. instants.Select(instant => step == 0 ? wave.Power(instant) : Math.Round(wave.Power(instant) / step) * step)]);
    }

    private static (long[] Times, double[] Values) Count(Waveform wave, double seconds, Random random, double step)
    {
        double[] instants = [.. Instants(seconds, random)];
        return ([.. instants.Select(Ns)], [.. instants.Select(instant => Math.Floor(wave.Energy(0, instant) / step) * step)]);
    }

    private static IEnumerable<double> Instants(double seconds, Random random)
    {
        for (var k = 0; k * Period < seconds; k++) yield return (k * Period) + (0.01 * random.NextDouble());
    }

    private static long Ns(double seconds) => (long)Math.Round(seconds * 1e9);

    /// <param name="Power">Watts at an instant in seconds.</param>
    /// <param name="Energy">Joules between two instants, exactly.</param>
    private sealed record Waveform(Func<double, double> Power, Func<double, double, double> Energy)
    {
        public static Waveform Random(string kind, Random random)
        {
            var (level, swing) = (5 + (20 * random.NextDouble()), 5 * random.NextDouble());
            switch (kind)
            {
                case "steady":
                    return new Waveform(_ => level, (a, b) => level * (b - a));
                case "sine":
                    var (rate, phase) = (2 * Math.PI / (0.5 + (5 * random.NextDouble())), 7 * random.NextDouble());
                    return new Waveform(
                        t => level + (swing * Math.Sin((rate * t) + phase)),
                        (a, b) => (level * (b - a)) - (swing / rate * (Math.Cos((rate * b) + phase) - Math.Cos((rate * a) + phase))));
                default:
                    // Pulses of random width and distance; bursts are long against the period, steps are not periodic at all.
                    var edges = new List<double> { 0 };
                    while (edges[^1] < 15) edges.Add(edges[^1] + (kind == "bursts" ? 0.3 + random.NextDouble() : 0.1 + (2 * random.NextDouble())));
                    double[] levels = [.. edges.Select((_, i) => kind == "bursts" ? level + (i % 2 * swing) : level + (swing * random.NextDouble()))];
                    double Total(double t) => edges.Select((edge, i) => Math.Clamp(t - edge, 0, (i + 1 < edges.Count ? edges[i + 1] : double.MaxValue) - edge) * levels[i]).Sum();
                    return new Waveform(t => levels[edges.FindLastIndex(edge => edge <= t)], (a, b) => Total(b) - Total(a));
            }
        }
    }
}
