using System.Collections.Immutable;
using System.Globalization;
using Microsoft.ML.Tokenizers;

namespace EdgeFleet.Agent.Tokenization;

/// <summary>Text to ids and back.</summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="before">Ids that its post-processor puts before a text.</param>
/// <param name="composed">Whether the tokenizer brings text to normalization form C first.</param>
internal sealed class TextTokenizer(Tokenizer tokenizer, ImmutableArray<int> before, bool composed = false)
{
    /// <summary>Ids of a prompt.</summary>
    /// <exception cref="TokenizerException">The prompt is not composed, and the tokenizer would compose it.</exception>
    public int[] Encode(string text)
    {
        if (composed) RequireComposed(text);
        return [.. before, .. tokenizer.EncodeToIds(text)];
    }

    /// <summary>Text of ids; a character whose bytes are not complete yet comes out as U+FFFD.</summary>
    public string Decode(IReadOnlyList<int> ids) => tokenizer.Decode(ids) ?? "";

    /// <summary>
    /// The program carries no normalisation tables (it is built for the invariant culture). Text as keyboards make it is composed already; what is
    /// not would get other tokens than the model was trained with, so it is refused.
    /// </summary>
    private static void RequireComposed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var decomposed = char.GetUnicodeCategory(text, i) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                || text[i] is >= '\u1100' and <= '\u11FF';
            if (decomposed)
            {
                throw new TokenizerException(
                    $"The prompt has a combining character (U+{(int)text[i]:X4}) at position {i + 1}, and this model's tokenizer composes text (form C), "
                    + "which this program cannot. Write the prompt with composed characters.");
            }
        }
    }
}
