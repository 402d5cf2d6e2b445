namespace EdgeFleet.Agent.Telemetry;

/// <summary>A sensor that one would look for and that has no value.</summary>
/// <param name="Name">What it would read.</param>
/// <param name="Reason">Why it does not, in words for a person.</param>
internal sealed record UnavailableSensor(SensorName Name, string Reason);
