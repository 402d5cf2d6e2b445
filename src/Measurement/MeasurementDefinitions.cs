namespace EdgeFleet.Measurement;

/// <summary>The definitions that numbers follow.</summary>
public static class MeasurementDefinitions
{
    /// <summary>Version of docs/measurement.md; results of different versions are not compared.</summary>
    public const int Version = 1;
}
