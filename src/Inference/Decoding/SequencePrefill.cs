namespace EdgeFleet.Inference.Decoding;

/// <summary>Bindings that run a piece of a prefill for one sequence of a batch after another, each over its part of the state.</summary>
internal sealed class SequencePrefill(DecoderSession session, DecoderShape shape, DecoderState state) : IDisposable
{
    // A chunk and a remainder, with and without logits.
    private const int KeptPieces = 4;

    private readonly List<DecoderBinding[]> _pieces = [];
    private SharedInputs? _shared;

    /// <summary>The bindings of a piece by sequence, made when they are asked for first.</summary>
    /// <param name="tokens">Tokens of the piece.</param>
    /// <param name="scope">Positions that get logits.</param>
    public ReadOnlySpan<DecoderBinding> Bindings(int tokens, LogitsScope scope)
    {
        foreach (var known in _pieces)
        {
            if (known[0].Tokens == tokens && known[0].Scope == scope)
            {
                return known;
            }
        }

        if (_pieces.Count == KeptPieces)
        {
            Dispose(_pieces[0]);
            _pieces.RemoveAt(0);
        }

        var one = shape with { Batch = 1 };
        var shared = _shared ??= new SharedInputs(session, one);
        _pieces.Add([.. Enumerable.Range(0, shape.Batch).Select(sequence => new DecoderBinding(session, one, state, shared, tokens, scope, sequence))]);
        return _pieces[^1];
    }

    public void Dispose()
    {
        foreach (var piece in _pieces)
        {
            Dispose(piece);
        }

        _shared?.Dispose();
    }

    private static void Dispose(DecoderBinding[] bindings)
    {
        foreach (var binding in bindings)
        {
            binding.Dispose();
        }
    }
}
