using EdgeFleet.Agent.Daemon;
using Google.Protobuf;

namespace EdgeFleet.Agent.Assignments;

/// <summary>What the agent must know after a restart, on disk before it is acted on.</summary>
internal sealed class Journal
{
    private readonly string path;
    private JournalState state;

    private Journal(string path, JournalState state)
    {
        this.path = path;
        this.state = state;
    }

    /// <summary>A copy of the state.</summary>
    public JournalState State => state.Clone();

    /// <summary>Opens or makes a journal.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="damaged">Where a damaged journal was moved to; null where it was whole.</param>
    public static Journal Open(string path, out string? damaged)
    {
        damaged = null;
        try
        {
            return new Journal(path, DurableFile.Read(path) is { } content ? JournalState.Parser.ParseFrom(content) : new JournalState());
        }
        catch (Exception error) when (error is InvalidDataException or InvalidProtocolBufferException)
        {
            // The collector gives back what nobody claims, so that a lost journal costs a repetition, not a run.
            damaged = path + ".damaged";
            File.Move(path, damaged, overwrite: true);
            return new Journal(path, new JournalState());
        }
    }

    /// <summary>Changes the state; when this returns, the change is on disk.</summary>
    /// <exception cref="IOException">The disk refused, and nothing has changed.</exception>
    public void Change(Action<JournalState> change)
    {
        var next = state.Clone();
        change(next);
        if (next.Equals(state)) return;
        DurableFile.Write(path, next.ToByteArray());
        state = next;
    }

    /// <summary>Changes the state in memory whatever the disk says: for what has happened and cannot be refused.</summary>
    /// <returns>Why it is not on disk yet; null where it is.</returns>
    public string? Record(Action<JournalState> change)
    {
        var next = state.Clone();
        change(next);
        state = next;
        try
        {
            DurableFile.Write(path, next.ToByteArray());
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }
}
