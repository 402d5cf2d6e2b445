namespace EdgeFleet.Collector.Devices;

/// <summary>What a label may consist of: no more than a selector can name.</summary>
internal static class LabelRules
{
    /// <summary>Characters of keys and values, in words.</summary>
    public const string Characters = "A-Z a-z 0-9 _ - . / :";

    private const int Longest = 63;

    // In a selector it stands for the device's own id.
    private const string Id = "id";

    /// <summary>Whether a selector can name a character.</summary>
    public static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':';

    /// <summary>The first rule that a label breaks, or null. A value may be empty: the key alone selects it.</summary>
    public static string? Problem(string key, string value)
    {
        if (key.Length is 0 or > Longest || !key.All(IsWord)) return $"'{key}' is not a key: 1 to {Longest} of {Characters}";
        if (key == Id) return $"'{Id}' is not a key: in a selector it stands for the device's id";
        return value.Length > Longest || !value.All(IsWord) ? $"'{value}' is not a value of '{key}': at most {Longest} of {Characters}, so that a selector can name it" : null;
    }
}
