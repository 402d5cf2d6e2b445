namespace EdgeFleet.Models.Import;

/// <summary>A field of protobuf's wire format.</summary>
/// <param name="Id">Field number.</param>
/// <param name="Kind">Wire type.</param>
/// <param name="Value">The number, or the length of a delimited field's content, which follows.</param>
internal readonly record struct WireField(int Id, int Kind, ulong Value)
{
    /// <summary>Wire type of numbers.</summary>
    public const int Number = 0;

    /// <summary>Wire type of eight bytes.</summary>
    public const int Fixed64 = 1;

    /// <summary>Wire type of strings, bytes and messages.</summary>
    public const int Delimited = 2;

    /// <summary>Wire type of four bytes.</summary>
    public const int Fixed32 = 5;
}
