namespace EdgeFleet.Collector.Schedules;

/// <summary>A cron expression or a zone cannot be read.</summary>
/// <param name="field">Which: <c>cron</c> or <c>zone</c>.</param>
/// <param name="problem">What is wrong, and what to write.</param>
internal sealed class TimetableException(string field, string problem) : FormatException(problem)
{
    /// <summary>Which part: <c>cron</c> or <c>zone</c>.</summary>
    public string Field { get; } = field;
}
