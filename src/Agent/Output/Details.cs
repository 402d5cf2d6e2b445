namespace EdgeFleet.Agent.Output;

/// <summary>What is written below the table of results for people (<c>--show</c>).</summary>
[Flags]
internal enum Details
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Memory by part, computed and measured side by side.</summary>
    Memory = 1,

    /// <summary>Time by operator class.</summary>
    Classes = 2,

    /// <summary>Time by operator type, none left out.</summary>
    Operators = 4,

    /// <summary>Time by the classes of arXiv 2507.12442.</summary>
    Paper = 8,

    /// <summary>Energy by phase and per token, gross and net, with its source.</summary>
    Energy = 16,
}
