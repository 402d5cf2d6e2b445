using System.Globalization;
using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Decoding;

/// <summary>
/// Greedy generation with one state: prefill in one piece or in chunks, then a token per step. State is bound once; a step copies no state
/// and allocates no managed memory (foreign graphs whose states grow excepted). Used by one thread at a time.
/// </summary>
public sealed class Decoder : IDisposable
{
    // A chunk and a remainder, with the logits of no, the last and all positions; more would only hold memory.
    private const int KeptBindings = 6;

    private readonly DecoderSession _session;
    private readonly SharedInputs _shared;
    private readonly OrtRunOptions _runOptions;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private readonly List<DecoderBinding> _bindings = [];
    private readonly DecoderBinding _step;
    private readonly long[] _next;
    private readonly SequencePrefill? _bySequence;
    private CapturedStep? _captured;
    private DecoderBinding? _last;
    private bool _undefined;

    /// <summary>Allocates state for a shape and binds the decode step.</summary>
    /// <param name="session">Session to run on.</param>
    /// <param name="shape">Batch and length.</param>
    /// <param name="cancellation">Ends a run between two nodes, and all later ones.</param>
    /// <exception cref="DecoderException">The model cannot run at this length.</exception>
    public Decoder(DecoderSession session, DecoderShape shape, CancellationToken cancellation)
    {
        shape.Validate();
        if (session.Manifest.PositionLimit is { } limit && shape.TotalLength > limit)
        {
            throw new DecoderException(string.Create(
                CultureInfo.InvariantCulture,
                $"{session.Manifest.Name} has positions for {limit} tokens; {shape.TotalLength} were asked for. Shorten the context."));
        }

        _session = session;
        Shape = shape;
        _cancellation = cancellation;
        State = new DecoderState(session, shape);
        _shared = new SharedInputs(session, shape);
        _next = new long[shape.Batch];
        _runOptions = new OrtRunOptions(session.Library);
        if (session.Cuda is not null)
        {
            // The decoder waits itself, once the choice of tokens has been started too.
            _runOptions.Configure("disable_synchronize_execution_providers", "1");
        }

        _step = new DecoderBinding(session, shape, State, _shared, tokens: 1, LogitsScope.Last);
        _last = _step;
        _bySequence = shape.Batch > 1 && session.PrefillsBySequence ? new SequencePrefill(session, shape, State) : null;
        _registration = cancellation.UnsafeRegister(static options => ((OrtRunOptions)options!).Terminate(), _runOptions);
        if (session.Cuda is { } cuda)
        {
            PlainStepsReason = !session.Options.CaptureSteps ? "capture is turned off"
                : !_step.IsFixed ? "the graph's states grow, or the tokens are chosen on the host"
                : WarmUpAndCapture(cuda);
        }
    }

    /// <summary>Sizes that the state was allocated for.</summary>
    public DecoderShape Shape { get; }

    /// <summary>The state.</summary>
    public DecoderState State { get; }

    /// <summary>Why decode steps on a GPU are not captured into a CUDA graph; null where they are, and on a CPU.</summary>
    public string? PlainStepsReason { get; private set; }

    /// <summary>Tokens in the state.</summary>
    public int Length { get; private set; }

    /// <summary>The token that the last run chose for each sequence, [batch]; what <see cref="Step()"/> feeds.</summary>
    public ReadOnlySpan<long> NextTokens => _next;

    /// <summary>Logits of the last run.</summary>
    /// <exception cref="InvalidOperationException">It ran sequence by sequence.</exception>
    public LogitsView Logits => _last is { } last
        ? last.Logits
        : throw new InvalidOperationException("The last prefill ran sequence by sequence; its logits were not kept.");

    /// <summary>Empties the state; not part of what is timed.</summary>
    public void Reset()
    {
        State.Clear();
        Length = 0;
        _next.AsSpan().Clear();
        _undefined = false;
    }

    /// <summary>Makes the bindings of a prefill ahead, so that it need not.</summary>
    /// <param name="tokens">Tokens per sequence.</param>
    /// <param name="chunk">Tokens of one run; 0 for all at once.</param>
    public void Prepare(int tokens, int chunk)
    {
        chunk = ChunkOf(tokens, chunk);
        var remainder = tokens % chunk;
        var last = remainder == 0 ? chunk : remainder;
        if (tokens > chunk && _bySequence is not null && last > 1)
        {
            _ = _bySequence.Bindings(last, LogitsScope.Last);
        }
        else
        {
            _ = Binding(last, LogitsScope.Last);
        }

        if (tokens > chunk)
        {
            _ = Binding(chunk, LogitsScope.None);
        }

        if (tokens - last > chunk && chunk > 1 && _bySequence is not null)
        {
            _ = _bySequence.Bindings(chunk, LogitsScope.None);
        }
    }

    /// <summary>Feeds tokens behind what is in the state, and chooses the next one by the last position's logits.</summary>
    /// <param name="tokens">Ids, [batch, tokens] row major.</param>
    /// <param name="chunk">Tokens of one run; 0 for all at once.</param>
    /// <returns><see cref="NextTokens"/>.</returns>
    public ReadOnlySpan<long> Prefill(ReadOnlySpan<long> tokens, int chunk = 0)
    {
        var perSequence = PerSequence(tokens);
        chunk = ChunkOf(perSequence, chunk);
        for (var offset = 0; offset < perSequence; offset += chunk)
        {
            // The head runs once, behind the last chunk.
            var count = Math.Min(chunk, perSequence - offset);
            var scope = offset + count == perSequence ? LogitsScope.Last : LogitsScope.None;
            if (_bySequence is not null && Length > 0 && count > 1)
            {
                RunBySequence(_bySequence.Bindings(count, scope), tokens, offset, perSequence);
            }
            else
            {
                Run(Binding(count, scope), tokens, offset, perSequence);
            }
        }

        return _last is null ? _next : Choose();
    }

    /// <summary>As <see cref="Prefill"/>, with the logits of each position.</summary>
    /// <param name="tokens">Ids, [batch, tokens] row major.</param>
    /// <param name="chunk">Tokens of one run; 0 for all at once. Memory for [batch, chunk, vocabulary] logits is taken.</param>
    /// <param name="handler">Called once per run: for all sequences, or for one after another.</param>
    public void PrefillAllPositions(ReadOnlySpan<long> tokens, int chunk, LogitsHandler handler)
    {
        var perSequence = PerSequence(tokens);
        chunk = ChunkOf(perSequence, chunk);
        for (var offset = 0; offset < perSequence; offset += chunk)
        {
            var first = Length;
            var count = Math.Min(chunk, perSequence - offset);
            if (_bySequence is not null && first > 0 && count > 1)
            {
                RunBySequence(_bySequence.Bindings(count, LogitsScope.All), tokens, offset, perSequence, handler);
                continue;
            }

            Run(Binding(count, LogitsScope.All), tokens, offset, perSequence);
            handler(first, 0, Logits);
        }

        if (_last is not null)
        {
            Choose();
        }
    }

    /// <summary>Feeds <see cref="NextTokens"/> and chooses the tokens behind them.</summary>
    /// <returns><see cref="NextTokens"/>.</returns>
    public ReadOnlySpan<long> Step()
    {
        Run(_step, _next, 0, 1);
        return Choose();
    }

    /// <summary>Feeds given tokens, [batch], instead of the chosen ones.</summary>
    /// <returns><see cref="NextTokens"/>.</returns>
    public ReadOnlySpan<long> Step(ReadOnlySpan<long> tokens)
    {
        if (tokens.Length != Shape.Batch)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{tokens.Length} tokens were given to a batch of {Shape.Batch}."), nameof(tokens));
        }

        Run(_step, tokens, 0, 1);
        return Choose();
    }

    /// <summary>Remembers the state, to come back to it by <see cref="Restore"/>.</summary>
    /// <exception cref="DecoderException">The graph's states grow, so that they cannot be cut back.</exception>
    public DecoderCheckpoint Save()
    {
        RequireDefined();
        return State.Slots.Any(static slot => slot.Grows)
            ? throw new DecoderException($"{_session.Manifest.Name} appends to its states; they cannot be restored. Prefill again.")
            : new DecoderCheckpoint(
                this, State.Slots.Where(static slot => slot.Manifest.Kind != StateKind.Kv), Length, [.. _next]);
    }

    /// <summary>Goes back to a checkpoint of this decoder.</summary>
    public void Restore(DecoderCheckpoint checkpoint)
    {
        if (checkpoint.Decoder != this)
        {
            throw new ArgumentException("The checkpoint is of another decoder.", nameof(checkpoint));
        }

        checkpoint.Restore();
        Length = checkpoint.Length;
        checkpoint.NextTokens.CopyTo(_next, 0);
        _undefined = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Waits for a cancellation that is being delivered, which uses the run options.
        _registration.Dispose();
        _captured?.Dispose();
        _bySequence?.Dispose();
        _step.Dispose();
        foreach (var binding in _bindings)
        {
            binding.Dispose();
        }

        _runOptions.Dispose();
        _shared.Dispose();
        State.Dispose();
    }

    private static int ChunkOf(int tokens, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunk);
        return chunk == 0 ? tokens : Math.Min(chunk, tokens);
    }

    private int PerSequence(ReadOnlySpan<long> tokens) => tokens.Length > 0 && tokens.Length % Shape.Batch == 0
        ? tokens.Length / Shape.Batch
        : throw new ArgumentException(string.Create(
            CultureInfo.InvariantCulture, $"{tokens.Length} tokens cannot be shared out to a batch of {Shape.Batch}."), nameof(tokens));

    private DecoderBinding Binding(int tokens, LogitsScope scope)
    {
        if (tokens == 1 && scope != LogitsScope.None)
        {
            return _step;
        }

        foreach (var binding in _bindings)
        {
            if (binding.Tokens == tokens && binding.Scope == scope)
            {
                return binding;
            }
        }

        if (_bindings.Count == KeptBindings)
        {
            if (_last == _bindings[0])
            {
                _last = _step;
            }

            _bindings[0].Dispose();
            _bindings.RemoveAt(0);
        }

        var added = new DecoderBinding(_session, Shape, State, _shared, tokens, scope);
        _bindings.Add(added);
        return added;
    }

    private void Run(DecoderBinding binding, ReadOnlySpan<long> tokens, int offset, int stride)
    {
        RequireRoom(binding.Tokens);
        Execute(binding, tokens, offset, stride);
        _undefined = false;
        _last = binding;
        Length += binding.Tokens;
    }

    private void RunBySequence(
        ReadOnlySpan<DecoderBinding> bindings, ReadOnlySpan<long> tokens, int offset, int stride, LogitsHandler? handler = null)
    {
        RequireRoom(bindings[0].Tokens);
        for (var sequence = 0; sequence < bindings.Length; sequence++)
        {
            Execute(bindings[sequence], tokens.Slice(sequence * stride, stride), offset, stride);
            if (bindings[sequence].Scope != LogitsScope.None)
            {
                bindings[sequence].Choose(_next.AsSpan(sequence, 1));
            }

            handler?.Invoke(Length, sequence, bindings[sequence].Logits);
        }

        _undefined = false;
        _last = null;
        Length += bindings[0].Tokens;
    }

    private void RequireRoom(int tokens)
    {
        RequireDefined();
        if (Length + tokens > Shape.Capacity)
        {
            throw new DecoderException(string.Create(
                CultureInfo.InvariantCulture,
                $"{Length} tokens in the state and {tokens} more exceed the capacity of {Shape.Capacity}. Ask for a longer total length."));
        }

        _cancellation.ThrowIfCancellationRequested();
    }

    private void Execute(DecoderBinding binding, ReadOnlySpan<long> tokens, int offset, int stride)
    {
        binding.Fill(tokens, offset, stride, Length);
        _undefined = true;
        try
        {
            if (binding == _step && _captured is not null)
            {
                StartCaptured();
            }
            else
            {
                binding.Start(Length, _runOptions);
            }

            _session.Cuda?.Synchronize();
        }
        catch (OnnxRuntimeException) when (_cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(_cancellation);
        }
    }

    // The first runs of a shape take memory from the device and make handles, which a capture must not; they move the state, which is
    // empty yet and is emptied again.
    private string? WarmUpAndCapture(CudaRuntime cuda)
    {
        const int WarmUps = 2;
        try
        {
            for (var i = 0; i < WarmUps; i++)
            {
                _step.Fill(_next, 0, 1, 0);
                _step.Start(0, _runOptions);
                cuda.Synchronize();
            }

            _captured = CapturedStep.Capture(cuda, _session, () => _step.Start(0, _runOptions));
            return null;
        }
        catch (OnnxRuntimeException exception) when (!_cancellation.IsCancellationRequested)
        {
            return exception.Message;
        }
        finally
        {
            State.Clear();
        }
    }

    private void StartCaptured()
    {
        if (!_captured!.IsValid)
        {
            _captured.Dispose();
            _captured = null;
            _captured = CapturedStep.Capture(_session.Cuda!, _session, () => _step.Start(0, _runOptions));
        }

        _captured.Start();
    }

    // States are updated in place: a run that ends early leaves them half updated.
    private void RequireDefined()
    {
        if (_undefined)
        {
            throw new DecoderException("The last run failed and left the state undefined. Reset the decoder.");
        }
    }

    private ReadOnlySpan<long> Choose()
    {
        _last!.Choose(_next);
        return _next;
    }
}
