namespace EdgeFleet.Measurement.Analysis;

/// <summary>What an analyser saw.</summary>
/// <param name="Code">One of <see cref="Findings.FindingCodes"/>.</param>
/// <param name="Message">One sentence for a person.</param>
public sealed record RunObservation(string Code, string Message);
