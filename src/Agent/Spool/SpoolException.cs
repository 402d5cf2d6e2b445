namespace EdgeFleet.Agent.Spool;

/// <summary>The spool could not be opened or a record could not be kept; the message says which file and what to do.</summary>
public sealed class SpoolException : IOException
{
    /// <summary>Creates the exception.</summary>
    public SpoolException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
