namespace EdgeFleet.Measurement.Statistics;

/// <summary>A closed interval.</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>Whether a value lies inside.</summary>
    public bool Contains(double value) => value >= Low && value <= High;
}
