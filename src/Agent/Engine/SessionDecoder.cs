using EdgeFleet.Inference.Decoding;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Protos.V1;

namespace EdgeFleet.Agent.Engine;

/// <summary>A decoder on ONNX Runtime, prepared for one scenario.</summary>
internal sealed class SessionDecoder : IDecoderUnderTest, IDisposable
{
    /// <summary>The depth is prefilled in pieces of this many tokens where the scenario names none, so that it needs no more memory than a prompt.</summary>
    private const int DepthChunk = 512;

    private readonly Decoder decoder;
    private readonly long[] depth;
    private readonly long[] prompt;
    private readonly int chunk;
    private readonly bool allLogits;
    private readonly bool restorable;
    private DecoderCheckpoint? atDepth;

    public SessionDecoder(DecoderSession session, Scenario scenario, ulong seed, CancellationToken cancellation)
    {
        var batch = (int)scenario.Batch;
        var context = (int)scenario.ContextTokens;
        var total = checked((int)(scenario.DepthTokens + context + Math.Max(1, scenario.DecodeTokens) - 1));
        decoder = new Decoder(session, new DecoderShape(batch, total), cancellation);
        prompt = PromptTokens.Make(seed, batch * context, session.Manifest.Vocabulary);
        depth = PromptTokens.Make(~seed, checked(batch * (int)scenario.DepthTokens), session.Manifest.Vocabulary);
        chunk = (int)scenario.PrefillChunkTokens;
        restorable = session.Manifest.States.All(state => state.Update == StateUpdate.InPlace);
        allLogits = scenario.Logits == LogitsMode.All;
        if (!allLogits) decoder.Prepare(context, chunk);
    }

    /// <summary>Runs of the session so far.</summary>
    public int Runs { get; private set; }

    /// <summary>Why decode steps on a GPU are not captured; null where they are.</summary>
    public string? PlainStepsReason => decoder.PlainStepsReason;

    /// <summary>State by kind.</summary>
    public IEnumerable<StateBytes> State => decoder.State.Bytes;

    public void Prepare(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (atDepth is not null)
        {
            decoder.Restore(atDepth);
            return;
        }

        decoder.Reset();
        if (depth.Length == 0) return;
        var piece = chunk > 0 ? chunk : DepthChunk;
        decoder.Prefill(depth, piece);
        Runs += Pieces(depth.Length / decoder.Shape.Batch, piece);
        if (restorable) atDepth = decoder.Save();
    }

    public ReadOnlySpan<long> Prefill(CancellationToken cancellation)
    {
        Runs += Pieces(prompt.Length / decoder.Shape.Batch, chunk);
        if (!allLogits) return decoder.Prefill(prompt, chunk);
        decoder.PrefillAllPositions(prompt, chunk, static (_, _, _) => { });
        return decoder.NextTokens;
    }

    public ReadOnlySpan<long> Step()
    {
        Runs++;
        return decoder.Step();
    }

    public void Dispose()
    {
        atDepth?.Dispose();
        decoder.Dispose();
    }

    private static int Pieces(int tokens, int piece) => piece == 0 ? 1 : (tokens + piece - 1) / piece;
}
