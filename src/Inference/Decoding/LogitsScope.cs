namespace EdgeFleet.Inference.Decoding;

/// <summary>Positions of a run that get logits.</summary>
internal enum LogitsScope
{
    /// <summary>None: a chunk of a prefill that another follows. The head does not run.</summary>
    None,

    /// <summary>The last.</summary>
    Last,

    /// <summary>All.</summary>
    All,
}
