namespace EdgeFleet.Models.Checkpoints;

/// <summary>Something from outside (a checkpoint, a configuration, a catalogue entry, a model's name) is not as it must be.</summary>
/// <remarks>The message says where, what was found and expected, and what to do.</remarks>
public sealed class CheckpointException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="where">File or directory, with the key or tensor where there is one.</param>
    /// <param name="what">What was found and what was expected; a sentence.</param>
    /// <param name="remedy">What to do about it; a sentence.</param>
    /// <param name="innerException">The cause, if another error was one.</param>
    public CheckpointException(string where, string what, string remedy, Exception? innerException = null)
        : base($"{where}: {what} {remedy}", innerException)
    {
        Where = where;
        What = what;
        Remedy = remedy;
    }

    /// <summary>File or directory, with the key or tensor where there is one.</summary>
    public string Where { get; }

    /// <summary>What was found and what was expected.</summary>
    public string What { get; }

    /// <summary>What to do about it.</summary>
    public string Remedy { get; }
}
