namespace EdgeFleet.Agent.Output;

/// <summary>How results are written.</summary>
internal enum OutputFormat
{
    /// <summary>For a terminal.</summary>
    Table,

    /// <summary>A GitHub table.</summary>
    Markdown,

    /// <summary>RFC 4180, with a header.</summary>
    Csv,

    /// <summary>One JSON object a line, with raw samples and the environment.</summary>
    Jsonl,
}
