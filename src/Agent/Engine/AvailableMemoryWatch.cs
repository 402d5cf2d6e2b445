namespace EdgeFleet.Agent.Engine;

/// <summary>Watches for the least memory that the system has available, on a thread of its own: there is no high-water mark of it.</summary>
internal sealed class AvailableMemoryWatch : IDisposable
{
    private readonly ManualResetEventSlim stop = new();
    private readonly Thread thread;
    private long least = long.MaxValue;

    /// <summary>Starts to watch.</summary>
    /// <param name="read">Reads what is available, bytes.</param>
    /// <param name="period">Time between two looks.</param>
    public AvailableMemoryWatch(Func<long> read, TimeSpan period)
    {
        thread = new Thread(() =>
        {
            do least = Math.Min(least, read());
            while (!stop.Wait(period));
        })
        {
            IsBackground = true,
            Name = "memory watch",
        };
        thread.Start();
    }

    /// <summary>Ends the watch.</summary>
    /// <returns>The least that was seen.</returns>
    public long Finish()
    {
        stop.Set();
        thread.Join();
        return least;
    }

    public void Dispose()
    {
        Finish();
        stop.Dispose();
    }
}
