using System.Globalization;

namespace EdgeFleet.Measurement.Answers;

/// <summary>How scenarios were set up apart from model and context length. Only results of one setting are compared with each other.</summary>
/// <param name="Depth">Tokens already in the state.</param>
/// <param name="Decode">Generated tokens.</param>
/// <param name="Batch">Sequences in step.</param>
/// <param name="Chunk">Longest piece of a prefill; 0 for one piece.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Logits"><c>last</c> or <c>all</c>.</param>
public sealed record Setting(int Depth, int Decode, int Batch, int Chunk, int Threads, string Logits)
{
    /// <summary>In words, e.g. <c>64 generated tokens, batch 1, 2 threads</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Decode} generated token{(Decode == 1 ? "" : "s")}, batch {Batch}, {Threads} thread{(Threads == 1 ? "" : "s")}")
        + (Depth > 0 ? string.Create(CultureInfo.InvariantCulture, $", depth {Depth}") : "")
        + (Chunk > 0 ? string.Create(CultureInfo.InvariantCulture, $", prefill in pieces of {Chunk}") : "")
        + (Logits == "all" ? ", logits of all positions" : "");
}
