namespace EdgeFleet.Agent.Probes;

/// <summary>What memory and vector units can do at most; zero where it cannot be probed.</summary>
/// <param name="MemoryBytesPerSecond">Read bandwidth.</param>
/// <param name="MatrixFlopPerSecond">Matrix products.</param>
internal sealed record LimitsReport(double MemoryBytesPerSecond, double MatrixFlopPerSecond);
