namespace EdgeFleet.Agent.Output;

/// <summary>Writes results as they arrive.</summary>
internal interface IRowWriter
{
    void Write(BenchRow row);

    /// <summary>Nothing follows.</summary>
    void Complete();
}
