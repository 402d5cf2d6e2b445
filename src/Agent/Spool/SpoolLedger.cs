using System.Buffers.Binary;

namespace EdgeFleet.Agent.Spool;

/// <summary>
/// The counters that segments alone cannot give: what was acknowledged and what was dropped. Two slots are written in turn, each with a
/// generation and a checksum, so that a torn write leaves the other slot valid; the file is laid out in full when it is made, so
/// that a full disk does not stop the counting.
/// </summary>
internal sealed class SpoolLedger : IDisposable
{
    public const int Reasons = 6;
    private const int SlotBytes = 512;
    private const uint Magic = 0x4C_53_46_45; // "EFSL"
    private const uint Format = 1;
    private readonly FileStream file;
    private ulong generation;

    private SpoolLedger(FileStream file) => this.file = file;

    /// <summary>Highest sequence that was given out and counted as lost without a record, or 0.</summary>
    public long NextSequence { get; set; } = 1;

    /// <summary>Every sequence up to this one is acknowledged or dropped.</summary>
    public long Settled { get; set; }

    public long Acknowledged { get; set; }

    public long[] Dropped { get; } = new long[Reasons];

    public static SpoolLedger Open(string path)
    {
        var isNew = !File.Exists(path);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            var ledger = new SpoolLedger(file);
            if (isNew || file.Length == 0)
            {
                ledger.WriteSlot();
                ledger.WriteSlot();
            }
            else
            {
                ledger.Read(path);
            }

            return ledger;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes the counters durable.</summary>
    public void Save() => WriteSlot();

    public void Dispose() => file.Dispose();

    private void Read(string path)
    {
        var found = false;
        Span<byte> slot = stackalloc byte[SlotBytes];
        for (var index = 0; index < 2; index++)
        {
            slot.Clear();
            RandomAccess.Read(file.SafeFileHandle, slot, index * SlotBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Magic
                || BinaryPrimitives.ReadUInt32LittleEndian(slot[(SlotBytes - 4)..]) != Crc32C.Compute(slot[..(SlotBytes - 4)]))
                continue;
            var format = BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]);
            if (format != Format)
                throw new SpoolException($"{path}: ledger format {format} is not {Format}; a newer agent wrote it, so run that version or newer.");
            var slotGeneration = BinaryPrimitives.ReadUInt64LittleEndian(slot[8..]);
            if (found && slotGeneration <= generation)
                continue;
            found = true;
            generation = slotGeneration;
            NextSequence = BinaryPrimitives.ReadInt64LittleEndian(slot[16..]);
            Settled = BinaryPrimitives.ReadInt64LittleEndian(slot[24..]);
            Acknowledged = BinaryPrimitives.ReadInt64LittleEndian(slot[32..]);
            for (var reason = 0; reason < Reasons; reason++)
                Dropped[reason] = BinaryPrimitives.ReadInt64LittleEndian(slot[(40 + (8 * reason))..]);
        }

        if (!found)
        {
            throw new SpoolException(
                $"{path}: neither copy of the ledger has a valid checksum, so the accounting is lost. "
                + "Move the spool's directory away to start a new one; its segments can still be read with their agent's version.");
        }
    }

    private void WriteSlot()
    {
        generation++;
        Span<byte> slot = stackalloc byte[SlotBytes];
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Format);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[8..], generation);
        BinaryPrimitives.WriteInt64LittleEndian(slot[16..], NextSequence);
        BinaryPrimitives.WriteInt64LittleEndian(slot[24..], Settled);
        BinaryPrimitives.WriteInt64LittleEndian(slot[32..], Acknowledged);
        for (var reason = 0; reason < Reasons; reason++)
            BinaryPrimitives.WriteInt64LittleEndian(slot[(40 + (8 * reason))..], Dropped[reason]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[(SlotBytes - 4)..], Crc32C.Compute(slot[..(SlotBytes - 4)]));
        RandomAccess.Write(file.SafeFileHandle, slot, (long)(generation % 2) * SlotBytes);
        file.Flush(flushToDisk: true);
    }
}
