namespace EdgeFleet.Agent.Telemetry;

/// <summary>A sensor cannot be read, or returns what cannot be.</summary>
internal sealed class SensorException(string message, Exception? cause = null) : Exception(message, cause);
