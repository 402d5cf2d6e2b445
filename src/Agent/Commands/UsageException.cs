namespace EdgeFleet.Agent.Commands;

/// <summary>What was asked for cannot be: the program ends with status 2 and this message.</summary>
internal sealed class UsageException(string message) : Exception(message);
