namespace EdgeFleet.Agent.Spool;

/// <summary>What a spool does when it is full. Either way the loss is counted under <see cref="DropReason.Full"/>.</summary>
public enum FullPolicy
{
    /// <summary>Give up the oldest segment to make room.</summary>
    DropOldest,

    /// <summary>Keep what is there and drop the new record.</summary>
    DropNewest,
}
