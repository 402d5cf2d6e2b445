using System.Collections.Immutable;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>Everything bound for runs of one number of tokens: the inputs of that shape, the shared inputs, the states, the logits.</summary>
internal sealed class DecoderBinding : IDisposable
{
    private readonly DecoderSession _session;
    private readonly DecoderShape _shape;
    private readonly OrtIoBinding _binding;
    private readonly IntegerInput _ids;
    private readonly IntegerInput? _indices;
    private readonly IntegerInput? _positions;
    private readonly SharedInputs _shared;
    private readonly TensorBuffer _logits;
    private readonly DeviceChoice? _choice;
    private readonly AttentionMask? _mask;
    private readonly ImmutableArray<StateSlot> _growing;

    /// <param name="session">Session to run on.</param>
    /// <param name="shape">Sizes of a run: of the state, or of one sequence of it.</param>
    /// <param name="state">The state.</param>
    /// <param name="shared">Inputs of the same shape in each run.</param>
    /// <param name="tokens">Tokens of a run.</param>
    /// <param name="scope">Positions that get logits.</param>
    /// <param name="sequence">The one sequence that is run; null for all.</param>
    public DecoderBinding(
        DecoderSession session, DecoderShape shape, DecoderState state, SharedInputs shared, int tokens, LogitsScope scope, int? sequence = null)
    {
        _session = session;
        _shape = shape;
        Tokens = tokens;
        Scope = scope;
        Positions = !session.SelectsLogits ? tokens : scope switch { LogitsScope.None => 0, LogitsScope.Last => 1, _ => tokens };
        _binding = session.Session.CreateBinding();
        _ids = Integers(InputRole.TokenIds, [shape.Batch, tokens])
            ?? throw new DecoderException("The manifest names no input for token ids.");
        _indices = Integers(InputRole.LogitsIndices, [Positions]);
        _positions = Integers(InputRole.PositionIds, [shape.Batch, tokens]);
        long[] logits = [shape.Batch, Positions, session.Manifest.Vocabulary];
        if (session.ArgMax is { } argMax && session.SelectsLogits && scope == LogitsScope.Last)
        {
            _logits = TensorBuffer.Output(session, session.LogitsType, logits);
            _choice = new DeviceChoice(session, argMax, _logits, shape.Batch);
        }
        else
        {
            _logits = TensorBuffer.OnHost(session, session.LogitsType, logits);
        }

        _mask = session.Manifest.Inputs.FirstOrDefault(static input => input.Role == InputRole.AttentionMask) is { } mask
            ? new AttentionMask(session, session.Input(mask.Name), shape)
            : null;
        _growing = [.. state.Slots.Where(static slot => slot.Grows)];
        _shared = shared;
        shared.Bind(_binding);
        foreach (var slot in state.Slots.Where(static slot => !slot.Grows))
        {
            // One tensor as input and output: kernels see equal addresses and update it in place.
            using var part = sequence is { } one ? slot.Sequence(one) : null;
            _binding.BindInput(slot.Manifest.Input, part ?? slot.Buffer.Value);
            _binding.BindOutput(slot.Manifest.Output, part ?? slot.Buffer.Value);
        }

        _binding.BindOutput(session.Manifest.LogitsOutput, _logits.Value);
        if (_indices is not null)
        {
            for (var i = 0; i < Positions; i++)
            {
                _indices[i] = tokens - Positions + i;
            }

            _indices.Buffer.StartUpload();
        }
    }

    /// <summary>Tokens of a run.</summary>
    public int Tokens { get; }

    /// <summary>Positions whose logits were asked for.</summary>
    public LogitsScope Scope { get; }

    /// <summary>Positions that get logits.</summary>
    public int Positions { get; }

    /// <summary>Whether a run starts the same work each time, so that it can be captured: all that changes is in fixed places.</summary>
    public bool IsFixed => _choice is not null && _mask is null && _growing.IsEmpty;

    /// <summary>Logits of the last run; brought to the host first where they are on a device.</summary>
    public LogitsView Logits
    {
        get
        {
            if (_choice is not null)
            {
                _logits.StartDownload();
                _session.Cuda?.Synchronize();
            }

            return new LogitsView(_logits.Host.Address, _session.LogitsType, _shape.Batch, Positions, _session.Manifest.Vocabulary);
        }
    }

    /// <summary>Writes the inputs of a run to host memory.</summary>
    /// <param name="tokens">Ids, row major; a row is <paramref name="stride"/> long and starts at <paramref name="offset"/>.</param>
    /// <param name="offset">First id of this run in each row.</param>
    /// <param name="stride">Length of a row.</param>
    /// <param name="past">Tokens already in the state.</param>
    public void Fill(ReadOnlySpan<long> tokens, int offset, int stride, long past)
    {
        for (var row = 0; row < _shape.Batch; row++)
        {
            for (var i = 0; i < Tokens; i++)
            {
                _ids[(row * Tokens) + i] = tokens[(row * stride) + offset + i];
            }
        }

        _shared.Set(past, Tokens);
        for (var i = 0; i < (_positions?.Count ?? 0); i++)
        {
            _positions![i] = past + (i % Tokens);
        }
    }

    /// <summary>Runs once; on a device, what was started need not be done yet.</summary>
    /// <param name="past">Tokens already in the state.</param>
    /// <param name="options">Options of the run.</param>
    public void Start(long past, OrtRunOptions options)
    {
        _shared.StartUpload();
        _ids.Buffer.StartUpload();
        _positions?.Buffer.StartUpload();
        _mask?.Bind(_binding, past + Tokens);
        foreach (var slot in _growing)
        {
            slot.BindGrowing(_binding, past, Tokens);
        }

        _session.Run(_binding, options);
        foreach (var slot in _growing)
        {
            slot.Swap();
        }

        _choice?.Start();
    }

    /// <summary>Answers the token that each sequence's last position chose, after the device was waited for.</summary>
    public void Choose(Span<long> tokens)
    {
        if (_choice is not null)
        {
            _choice.Read(tokens);
            return;
        }

        var logits = Logits;
        for (var sequence = 0; sequence < tokens.Length; sequence++)
        {
            tokens[sequence] = logits.ArgMax(sequence, logits.Positions - 1);
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _ids.Dispose();
        _indices?.Dispose();
        _positions?.Dispose();
        _choice?.Dispose();
        _logits.Dispose();
        _mask?.Dispose();
    }

    private IntegerInput? Integers(InputRole role, ReadOnlySpan<long> shape)
    {
        var manifest = _session.Manifest.Inputs.FirstOrDefault(input => input.Role == role);
        if (manifest is null)
        {
            return null;
        }

        var input = new IntegerInput(_session, _session.Input(manifest.Name), shape);
        _binding.BindInput(input.Name, input.Buffer.Value);
        return input;
    }
}
