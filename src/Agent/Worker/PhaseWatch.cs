namespace EdgeFleet.Agent.Worker;

/// <summary>The phase that a worker is in, and how long it may stay silent.</summary>
internal sealed class PhaseWatch : IDisposable
{
    private readonly CancellationTokenSource patience = new();
    private readonly CancellationTokenRegistration registration;
    private volatile bool cancelling;

    /// <param name="deadlineNs">Longest silence in nanoseconds; 0 means no limit.</param>
    /// <param name="grace">Time left to the worker once the run is cancelled.</param>
    /// <param name="cancellation">The run's cancellation.</param>
    public PhaseWatch(long deadlineNs, TimeSpan grace, CancellationToken cancellation)
    {
        Deadline = TimeSpan.FromMicroseconds(deadlineNs / 1000.0);
        registration = cancellation.Register(() =>
        {
            cancelling = true;
            patience.CancelAfter(grace);
        });
        Alive();
    }

    public string Name { get; private set; } = "";

    public TimeSpan Deadline { get; }

    /// <summary>Cancelled when the worker has been silent for too long, or has not stopped in time.</summary>
    public CancellationToken Expired => patience.Token;

    public void Enter(string phase)
    {
        Name = phase;
        Alive();
    }

    /// <summary>The worker gave a sign of life. Once the run is cancelled, none prolongs the grace.</summary>
    public void Alive()
    {
        if (!cancelling && Deadline > TimeSpan.Zero) patience.CancelAfter(Deadline);
    }

    public void Dispose()
    {
        registration.Dispose();
        patience.Dispose();
    }
}
