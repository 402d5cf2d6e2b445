using System.Buffers;

namespace EdgeFleet.Models.Catalogue;

/// <summary>A Hugging Face repository and a revision of it.</summary>
/// <param name="Organisation">Before the slash.</param>
/// <param name="Model">Behind the slash.</param>
/// <param name="Revision">Branch, tag or commit.</param>
public sealed record RepositoryName(string Organisation, string Model, string Revision)
{
    private const int MaximumLength = 96;
    private const string DefaultRevision = "main";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary><c>org/name</c>.</summary>
    public string Name => $"{Organisation}/{Model}";

    /// <summary>Parses <c>org/name</c> or <c>org/name@revision</c>; null if it is neither.</summary>
    public static RepositoryName? TryParse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        var revision = at < 0 ? DefaultRevision : text[(at + 1)..];
        var parts = name.Split('/');
        return parts.Length == 2 && IsSegment(parts[0]) && IsSegment(parts[1]) && IsSegment(revision)
            ? new RepositoryName(parts[0], parts[1], revision)
            : null;
    }

    /// <summary>Whether a text is safe as one segment of a path.</summary>
    internal static bool IsSegment(string text) =>
        text.Length is > 0 and <= MaximumLength && text[0] != '.' && !text.AsSpan().ContainsAnyExcept(Allowed);
}
