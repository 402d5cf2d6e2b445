using System.Globalization;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Cli.Output;

/// <summary>Values as people read them.</summary>
internal static class Show
{
    /// <summary>The first characters of an id.</summary>
    public static string Id(string id) => id.Length > 8 ? id[..8] : id;

    /// <summary>A duration with three digits.</summary>
    public static string Duration(double nanoseconds) => nanoseconds switch
    {
        < 1e3 => Number(nanoseconds) + " ns",
        < 1e6 => Number(nanoseconds / 1e3) + " us",
        < 1e9 => Number(nanoseconds / 1e6) + " ms",
        < 120e9 => Number(nanoseconds / 1e9) + " s",
        _ => TimeSpan.FromSeconds(Math.Round(nanoseconds / 1e9)).ToString("g", CultureInfo.InvariantCulture),
    };

    /// <summary>Bytes with three digits.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        < 1024 => Number(bytes) + " B",
        < 1024 * 1024 => Number(bytes / 1024) + " KiB",
        < 1024 * 1024 * 1024 => Number(bytes / (1024 * 1024)) + " MiB",
        _ => Number(bytes / (1024 * 1024 * 1024)) + " GiB",
    };

    /// <summary>A number with three digits.</summary>
    public static string Number(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);

    /// <summary>An instant in UTC; a dash for none.</summary>
    public static string Instant(long unixNanoseconds) => unixNanoseconds == 0
        ? "-"
        : DateTimeOffset.UnixEpoch.AddTicks(unixNanoseconds / 100).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A provider's name.</summary>
    public static string Name(Provider provider) => provider.ToString().ToLowerInvariant();

    /// <summary>A precision's name.</summary>
    public static string Name(Precision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>An outcome or state.</summary>
    public static string State(Run run) => run.State switch
    {
        RunState.Queued => "queued",
        RunState.Issued => "issued",
        _ => run.End?.Outcome switch
        {
            Outcome.Completed => run.ReusedRunId.Length > 0 ? "reused" : "completed",
            Outcome.OutOfMemory => "out_of_memory",
            { } outcome => $"{outcome.ToString().ToLowerInvariant()}({run.End.Reason})",
            null => "ended",
        },
    };
}
