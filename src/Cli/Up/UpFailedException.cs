namespace EdgeFleet.Cli.Up;

/// <summary>One of the programs did not start or ended by itself.</summary>
/// <param name="message">What, why, and what to do.</param>
internal sealed class UpFailedException(string message) : Exception(message);
