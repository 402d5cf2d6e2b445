using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Assignments;

/// <summary>The run in progress, and the way to end it from outside.</summary>
internal sealed class OpenRun : IDisposable
{
    private readonly CancellationTokenSource ended;
    private readonly Lock gate = new();
    private bool disposed;

    /// <param name="assignment">What to perform.</param>
    /// <param name="cancellation">The agent's own end.</param>
    public OpenRun(Assignment assignment, CancellationToken cancellation)
    {
        Assignment = assignment;
        ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Ended = ended.Token;
    }

    /// <summary>What to perform.</summary>
    public Assignment Assignment { get; }

    /// <summary>Cancelled when the run must end.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Why it must end; the first reason stands.</summary>
    public RunStop? Why { get; private set; }

    /// <summary>Ends the run.</summary>
    public void Stop(RunStop stop)
    {
        lock (gate)
        {
            if (disposed) return;
            Why ??= stop;

            // Never on this thread, which holds the desk's lock: what is registered on the token runs then and there.
            _ = ended.CancelAsync();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            ended.Dispose();
        }
    }
}
