using System.Diagnostics.Metrics;

namespace EdgeFleet.Collector.Metrics;

/// <summary>A meter whose series come and go. The SDK never forgets a series once it was observed, so the meter is made anew whenever one is to disappear.</summary>
internal sealed class PassingMeter : IDisposable
{
    private Meter? meter;
    private HashSet<string> shown = [];

    /// <summary>Makes the meter anew if something that was shown is not to be shown any more.</summary>
    /// <param name="wanted">What is to be shown.</param>
    /// <param name="build">Makes the meter.</param>
    public void Show(HashSet<string> wanted, Func<Meter> build)
    {
        if (meter is null || !shown.IsSubsetOf(wanted))
        {
            meter?.Dispose();
            meter = build();
        }

        shown = wanted;
    }

    /// <inheritdoc/>
    public void Dispose() => meter?.Dispose();
}
