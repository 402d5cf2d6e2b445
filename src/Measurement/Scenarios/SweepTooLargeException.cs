namespace EdgeFleet.Measurement.Scenarios;

/// <summary>A sweep has more scenarios than allowed.</summary>
public sealed class SweepTooLargeException : Exception
{
    /// <param name="count">Scenarios asked for.</param>
    /// <param name="maximum">Scenarios allowed.</param>
    public SweepTooLargeException(long count, int maximum)
        : base($"The sweep has {(count == long.MaxValue ? "more than 9e18" : count.ToString(System.Globalization.CultureInfo.InvariantCulture))} scenarios; "
            + $"at most {maximum} are allowed. Shorten an axis or split the sweep.")
    {
        Count = count;
    }

    /// <summary>Scenarios asked for; <see cref="long.MaxValue"/> where the product overflows.</summary>
    public long Count { get; }
}
