namespace EdgeFleet.EndToEnd.Harness;

/// <summary>A clock that is wrong by a shift, while its timers run as they should: a device whose clock was set badly.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long shiftTicks;

    /// <summary>How far it is ahead.</summary>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref shiftTicks));
        set => Interlocked.Exchange(ref shiftTicks, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
