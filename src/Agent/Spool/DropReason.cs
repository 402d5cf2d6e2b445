namespace EdgeFleet.Agent.Spool;

/// <summary>Why a produced record will never be delivered. The numeric values are part of the ledger's format.</summary>
public enum DropReason
{
    /// <summary>The bound in bytes was reached.</summary>
    Full = 0,

    /// <summary>Older than the spool's maximum age.</summary>
    Expired = 1,

    /// <summary>Its bytes on disk no longer match their checksum, or are gone.</summary>
    Corrupt = 2,

    /// <summary>Longer than the spool accepts.</summary>
    TooLarge = 3,

    /// <summary>The disk refused the write.</summary>
    DiskError = 4,

    /// <summary>The collector refused it for good; a retry would be refused again.</summary>
    Refused = 5,
}
