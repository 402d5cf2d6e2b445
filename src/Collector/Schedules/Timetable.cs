using System.Security;
using Cronos;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Collector.Schedules;

/// <summary>When a schedule is due. Pure; agents compile this file too, so that both ends agree on every occasion.</summary>
/// <remarks>
/// Occasions follow the wall clock of the zone (Cronos): one in the hour that a clock skips in spring comes at the first moment after it, and one in the hour
/// that a clock repeats in autumn comes once.
/// </remarks>
internal sealed class Timetable
{
    /// <summary>An occasion that is acted on within this time was not missed.</summary>
    public static readonly TimeSpan Punctual = TimeSpan.FromMinutes(1);

    private const int MostOccasions = 100_000;

    private readonly CronExpression cron;
    private readonly TimeZoneInfo zone;

    /// <summary>Reads a cron expression and a zone.</summary>
    /// <exception cref="TimetableException">One of them is not valid.</exception>
    public Timetable(string cron, string zone)
    {
        try
        {
            this.cron = CronExpression.Parse(cron);
        }
        catch (CronFormatException error)
        {
            throw new TimetableException("cron", $"'{cron}': {error.Message} Write five fields: minute hour day month weekday");
        }

        // A directory of zones, such as America, is a file that may not be read.
        try
        {
            this.zone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        }
        catch (Exception error) when (error is TimeZoneNotFoundException or InvalidTimeZoneException or SecurityException)
        {
            throw new TimetableException("zone", $"'{zone}' is not a time zone of this machine; write e.g. Europe/Zurich or UTC");
        }
    }

    /// <summary>The first occasion after an instant, or null.</summary>
    public DateTimeOffset? After(DateTimeOffset instant) => cron.GetNextOccurrence(instant.UtcDateTime, zone) is { } next ? new DateTimeOffset(next, TimeSpan.Zero) : null;

    /// <summary>What to do about the occasions from <paramref name="due"/> to now. Never more than one fires: nothing is caught up.</summary>
    /// <param name="due">The occasion that was expected next; not after <paramref name="now"/>.</param>
    /// <param name="now">Now.</param>
    /// <param name="misfire">What happens to a missed one.</param>
    /// <param name="grace">Oldest that may be made up for.</param>
    public Decision Decide(DateTimeOffset due, DateTimeOffset now, MisfirePolicy misfire, TimeSpan grace)
    {
        var latest = due;
        ulong count = 1;
        while (count < MostOccasions && After(latest) is { } next && next <= now)
        {
            latest = next;
            count++;
        }

        if (count == MostOccasions) latest = now;
        var late = now - latest;
        var fires = late <= Punctual || (misfire == MisfirePolicy.RunOnce && late <= grace);
        return new Decision(fires ? latest : null, fires ? count - 1 : count, After(now));
    }

    /// <summary>What to do.</summary>
    /// <param name="Fire">Occasion to launch, or null.</param>
    /// <param name="Missed">Occasions that were left out.</param>
    /// <param name="Next">The next one, or null.</param>
    internal sealed record Decision(DateTimeOffset? Fire, ulong Missed, DateTimeOffset? Next);
}
