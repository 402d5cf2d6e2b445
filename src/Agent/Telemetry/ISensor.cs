namespace EdgeFleet.Agent.Telemetry;

/// <summary>One quantity that can be read at any time.</summary>
internal interface ISensor
{
    /// <summary>What it is.</summary>
    SensorName Name { get; }

    /// <summary>Smallest difference between two values; 0 where it is not known.</summary>
    double Resolution { get; }

    /// <summary>Reads it now, in the base unit of its metric.</summary>
    /// <exception cref="SensorException">It cannot be read.</exception>
    double Read();
}
