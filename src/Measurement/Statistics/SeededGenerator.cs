using System.Diagnostics.CodeAnalysis;

namespace EdgeFleet.Measurement.Statistics;

/// <summary>
/// SplitMix64 (Steele, Lea &amp; Flood, OOPSLA 2014): a seeded generator whose numbers are the same on every machine and runtime version,
/// which <see cref="Random"/> does not promise.
/// </summary>
/// <param name="seed">Any number.</param>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Generators are used, not compared.")]
public struct SeededGenerator(ulong seed)
{
    private ulong state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in 0 .. bound - 1 (Lemire's multiply-shift; its bias below 2^-32 is far under the resolution of a bootstrap).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Puts values into a random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
