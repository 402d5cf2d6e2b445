namespace EdgeFleet.Collector.Artifacts;

/// <summary>Digests as the contract writes them.</summary>
internal static class Hash
{
    /// <summary>Whether a text is 64 lower-case hexadecimal digits.</summary>
    public static bool IsSha256(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);
}
