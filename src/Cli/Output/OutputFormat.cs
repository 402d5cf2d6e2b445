namespace EdgeFleet.Cli.Output;

/// <summary>How answers are written.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs: the contract's messages as JSON, one per line.</summary>
    Json,
}
