using System.Globalization;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Inference.Verification;

/// <summary>
/// Compares every position's logits with those of another framework: the first tokens run as a prefill in chunks, the others one at a time.
/// Logits are compared as they come; memory is taken for one chunk's.
/// </summary>
public static class LogitVerifier
{
    /// <summary>Longest reference that is accepted, tokens per sequence.</summary>
    public const int MaximumTokens = 1 << 20;

    private const string IdsName = "input_ids";
    private const string LogitsName = "logits";

    private delegate void RowReader(long row, Span<float> logits);

    /// <summary>Runs the comparison.</summary>
    /// <param name="session">The artifact to verify.</param>
    /// <param name="referencePath">A safetensors file with <c>input_ids</c> int64 [B, T] and <c>logits</c> [B, T, vocabulary].</param>
    /// <param name="prefill">Tokens of the prefill, 1 .. T; 0 for all.</param>
    /// <param name="chunk">Tokens of one run of the prefill; 0 for all at once.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="CheckpointException">The file is not a safetensors file, or lacks a tensor.</exception>
    /// <exception cref="InvalidDataException">The tensors do not fit each other or the model.</exception>
    public static VerificationResult Verify(
        DecoderSession session, string referencePath, int prefill, int chunk, CancellationToken cancellation)
    {
        using var reference = SafetensorsFile.Open(referencePath);
        var (batch, tokens) = Shape(session, reference);
        RequirePrefill(prefill, chunk, tokens);
        var ids = new long[batch * tokens];
        reference.Read(IdsName, 0, ids);
        RequireVocabulary(ids, session.Manifest.Vocabulary, referencePath);
        var result = Compare(session, (ids, batch), prefill, chunk, ReadRow, cancellation);

        // An error over a deviation of nothing is no number.
        return result.LogitStd > 0 ? result : throw new InvalidDataException($"{referencePath}: all {LogitsName} are the same; a reference must tell tokens apart.");

        void ReadRow(long row, Span<float> logits)
        {
            reference.Read(LogitsName, row * logits.Length, logits);
            RequireFinite(logits, row, referencePath);
        }
    }

    /// <summary>Compares two artifacts of one model, for example in two precisions.</summary>
    /// <param name="session">The artifact to verify.</param>
    /// <param name="ids">One sequence of tokens.</param>
    /// <param name="logits">The other's logits [tokens, vocabulary], as <see cref="Logits"/> gives them.</param>
    /// <param name="prefill">Tokens of the prefill, 1 .. T; 0 for all.</param>
    /// <param name="chunk">Tokens of one run of the prefill; 0 for all at once.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    /// <exception cref="ArgumentException">The prefill is longer than the sequence, or the logits have another size.</exception>
    public static VerificationResult Verify(
        DecoderSession session, long[] ids, float[] logits, int prefill, int chunk, CancellationToken cancellation)
    {
        if (logits.LongLength != ids.LongLength * session.Manifest.Vocabulary)
            throw new ArgumentException($"{logits.LongLength} logits are not {ids.Length} tokens of {session.Manifest.Vocabulary}.", nameof(logits));

        RequirePrefill(prefill, chunk, ids.Length);
        return Compare(
            session,
            (ids, 1),
            prefill,
            chunk,
            (row, destination) => logits.AsSpan((int)(row * destination.Length), destination.Length).CopyTo(destination),
            cancellation);
    }

    /// <summary>The logits of all positions of one sequence, [tokens, vocabulary].</summary>
    public static float[] Logits(DecoderSession session, long[] ids, int chunk, CancellationToken cancellation)
    {
        var vocabulary = session.Manifest.Vocabulary;
        var all = new float[checked(ids.Length * vocabulary)];
        using var decoder = new Decoder(session, new DecoderShape(1, ids.Length), cancellation);
        decoder.PrefillAllPositions(ids, chunk, (first, _, logits) =>
        {
            for (var i = 0; i < logits.Positions; i++)
                logits.CopyRow(0, i, all.AsSpan((first + i) * vocabulary, vocabulary));
        });
        return all;
    }

    private static VerificationResult Compare(
        DecoderSession session, (long[] Ids, int Batch) sequences, int prefill, int chunk, RowReader expectedRow, CancellationToken cancellation)
    {
        var (ids, batch) = sequences;
        var tokens = ids.Length / batch;
        prefill = prefill == 0 ? tokens : prefill;
        var actual = new float[session.Manifest.Vocabulary];
        var expected = new float[session.Manifest.Vocabulary];
        var comparison = new LogitComparison();
        using var decoder = new Decoder(session, new DecoderShape(batch, tokens), cancellation);
        decoder.PrefillAllPositions(Columns(ids, batch, tokens, 0, prefill), chunk, CompareRows);
        for (var position = prefill; position < tokens; position++)
        {
            decoder.Step(Columns(ids, batch, tokens, position, 1));
            CompareRows(position, 0, decoder.Logits);
        }

        return comparison.Result();

        void CompareRows(int first, int firstSequence, LogitsView logits)
        {
            for (var sequence = 0; sequence < logits.Batch; sequence++)
            {
                for (var i = 0; i < logits.Positions; i++)
                {
                    logits.CopyRow(sequence, i, actual);
                    expectedRow(((long)(firstSequence + sequence) * tokens) + first + i, expected);
                    comparison.Add(actual, expected);
                }
            }
        }
    }

    private static void RequirePrefill(int prefill, int chunk, int tokens)
    {
        if (prefill < 0 || prefill > tokens || chunk < 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"Prefill {prefill} must be 0 to {tokens}, the reference's tokens, and chunk {chunk} at least 0."));
        }
    }

    // A reference that is not finite compares with nothing: its deviation is no number.
    private static void RequireFinite(ReadOnlySpan<float> logits, long row, string path)
    {
        foreach (var logit in logits)
        {
            if (!float.IsFinite(logit))
                throw new InvalidDataException($"{path}: {LogitsName} of position {row} (row after row) hold {logit}; a reference must be finite.");
        }
    }

    private static (int Batch, int Tokens) Shape(DecoderSession session, SafetensorsFile reference)
    {
        var ids = reference.Describe(IdsName).Shape;
        var logits = reference.Describe(LogitsName).Shape;
        var expected = $"expected {IdsName} [B, T] and {LogitsName} [B, T, {session.Manifest.Vocabulary}]";
        if (ids.Length != 2 || logits.Length != 3 || logits[0] != ids[0] || logits[1] != ids[1] || logits[2] != session.Manifest.Vocabulary)
        {
            throw new InvalidDataException(
                $"{reference.Path}: {IdsName} has shape [{string.Join(", ", ids)}] and {LogitsName} [{string.Join(", ", logits)}]; {expected}.");
        }

        if (ids[0] < 1 || ids[1] is < 1 or > MaximumTokens || ids[0] * ids[1] > MaximumTokens)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{reference.Path}: {ids[0]} sequences of {ids[1]} tokens; 1 to {MaximumTokens} in all are compared."));
        }

        return ((int)ids[0], (int)ids[1]);
    }

    private static void RequireVocabulary(long[] ids, int vocabulary, string path)
    {
        var outside = Array.FindIndex(ids, id => id < 0 || id >= vocabulary);
        if (outside >= 0)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: {IdsName}[{outside}] is {ids[outside]}; the model has tokens 0 to {vocabulary - 1}."));
        }
    }

    private static long[] Columns(long[] ids, int batch, int tokens, int first, int count)
    {
        var columns = new long[batch * count];
        for (var row = 0; row < batch; row++)
        {
            ids.AsSpan((row * tokens) + first, count).CopyTo(columns.AsSpan(row * count));
        }

        return columns;
    }
}
