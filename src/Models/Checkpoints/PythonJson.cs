namespace EdgeFleet.Models.Checkpoints;

/// <summary>What Python's <c>json</c> module writes beyond the JSON standard.</summary>
internal static class PythonJson
{
    /// <summary>The key under which transformers 5 wraps a float that JSON has no literal for.</summary>
    public const string FloatKey = "__float__";

    private static readonly (byte[] Literal, byte[] Replacement)[] BareFloats =
    [
        ("-Infinity"u8.ToArray(), """{"__float__":"-Infinity"}"""u8.ToArray()),
        ("Infinity"u8.ToArray(), """{"__float__":"Infinity"}"""u8.ToArray()),
        ("NaN"u8.ToArray(), """{"__float__":"NaN"}"""u8.ToArray()),
    ];

    /// <summary>Replaces bare <c>Infinity</c>, <c>-Infinity</c> and <c>NaN</c> by their wrapped form; a byte order mark is dropped.</summary>
    public static ReadOnlyMemory<byte> QuoteBareFloats(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Span.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        var text = utf8.Span;
        if (!text.ContainsAny("IN"u8))
        {
            return utf8;
        }

        var result = new MemoryStream(text.Length + 64);
        var inString = false;
        for (var i = 0; i < text.Length; i++)
        {
            var found = inString ? default : FindAt(text[i..]);
            if (found.Literal is not null)
            {
                result.Write(found.Replacement);
                i += found.Literal.Length - 1;
                continue;
            }

            result.WriteByte(text[i]);
            if (inString && text[i] == '\\' && i + 1 < text.Length)
            {
                result.WriteByte(text[++i]);
            }
            else if (text[i] == '"')
            {
                inString = !inString;
            }
        }

        return result.ToArray();
    }

    private static (byte[]? Literal, byte[] Replacement) FindAt(ReadOnlySpan<byte> text)
    {
        if (text[0] is (byte)'-' or (byte)'I' or (byte)'N')
        {
            foreach (var candidate in BareFloats)
            {
                if (text.StartsWith(candidate.Literal))
                {
                    return candidate;
                }
            }
        }

        return (null, []);
    }
}
