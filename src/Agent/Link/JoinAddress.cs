using EdgeFleet.Collector.Hosting;

namespace EdgeFleet.Agent.Link;

/// <summary>What <c>--join</c> was given: the collector's address, or <c>@FILE</c> that holds it.</summary>
internal sealed class JoinAddress
{
    private const int LargestFile = 4096;
    private readonly string? file;
    private readonly CollectorAddress? address;

    /// <exception cref="FormatException">It is no address; the message repeats no secret.</exception>
    public JoinAddress(string text)
    {
        if (text.StartsWith('@')) file = Path.GetFullPath(text[1..]);
        else address = CollectorAddress.Parse(text);
    }

    /// <summary>The address now; a file is read each time, so that a collector that moved is found again.</summary>
    /// <exception cref="FormatException">The file does not hold an address.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public CollectorAddress Read()
    {
        if (file is null) return address!;
        if (new FileInfo(file) is { Exists: true, Length: > LargestFile }) throw new FormatException($"{file}: a file with the collector's address is expected, of at most {LargestFile} bytes.");
        try
        {
            return CollectorAddress.Parse(File.ReadAllText(file));
        }
        catch (FormatException error)
        {
            throw new FormatException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => file is null ? address!.ToString() : "@" + file;
}
