namespace EdgeFleet.Cli.Up;

/// <summary>How <c>edgefleet up</c> is run.</summary>
internal sealed record UpOptions
{
    /// <summary>Directory of collector, agent and logs.</summary>
    public required string Data { get; init; }

    /// <summary>The collector's TLS port; 0 takes a free one.</summary>
    public required int Port { get; init; }

    /// <summary>Name or address under which other devices reach this machine; null for its host name.</summary>
    public string? Host { get; init; }

    /// <summary>Address to listen on.</summary>
    public required string Listen { get; init; }

    /// <summary>Whether everything stops after the sweep.</summary>
    public required bool Once { get; init; }

    /// <summary>A sweep's definition in place of the sample; null for the sample.</summary>
    public string? SweepFile { get; init; }

    /// <summary>Directory of further catalogue entries; null for none.</summary>
    public string? Models { get; init; }
}
