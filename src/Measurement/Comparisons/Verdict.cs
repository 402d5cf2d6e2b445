namespace EdgeFleet.Measurement.Comparisons;

/// <summary>How a result stands to its baseline.</summary>
public enum Verdict
{
    /// <summary>The interval holds both a change that matters and none, or there are too few repeats.</summary>
    Inconclusive,

    /// <summary>The whole interval lies within the margin.</summary>
    Same,

    /// <summary>The whole interval lies beyond the margin, on the side of less time.</summary>
    Faster,

    /// <summary>The whole interval lies beyond the margin, on the side of more time.</summary>
    Slower,
}
