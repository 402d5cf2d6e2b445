namespace EdgeFleet.EndToEnd.Harness;

/// <summary>Waits for states of other processes, which tell nobody when they change.</summary>
internal static class Wait
{
    /// <summary>Longest wait; far beyond what is ever needed, so that a loaded machine fails no test.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(3);

    /// <summary>Waits until something holds.</summary>
    public static Task UntilAsync(Func<bool> holds, Func<string> what) => UntilAsync(() => Task.FromResult(holds()), what);

    /// <summary>Waits until something holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> what)
    {
        var deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (!await holds())
        {
            if (Environment.TickCount64 > deadline) throw new TimeoutException($"Not within {Limit.TotalSeconds:0} s: {what()}");
            await Task.Delay(25);
        }
    }
}
