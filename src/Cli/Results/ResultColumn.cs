using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Results;

/// <summary>A column of an export.</summary>
/// <param name="Name">Its name, with the unit.</param>
/// <param name="Type">String, long or double.</param>
/// <param name="Value">Its value for a run; null where it was not measured.</param>
internal sealed record ResultColumn(string Name, Type Type, Func<Run, object?> Value);
