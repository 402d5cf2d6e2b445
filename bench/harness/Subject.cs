using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;

namespace EdgeFleet.Harness.Bench;

/// <summary>A decoder behind a prompt that it can come back to.</summary>
internal sealed class Subject : IDisposable
{
    /// <summary>Tokens of the prompt.</summary>
    public const int Context = 128;

    private readonly DecoderCheckpoint checkpoint;

    /// <summary>Opens the model and prefills the prompt.</summary>
    /// <param name="request">What to decode.</param>
    /// <param name="mostSteps">Most tokens behind the prompt.</param>
    public Subject(BenchRequest request, int mostSteps)
    {
        Request = request;
        Capacity = Context + mostSteps;
        var artifact = BenchArtifact.Of(request.Model, request.Precision);
        Precision = artifact.Manifest.Precision.Name;
        Session = DecoderSession.Open(RuntimePack.Bundled(), artifact, new DecoderOptions { Threads = request.Threads });
        Decoder = new Decoder(Session, new DecoderShape(1, Capacity), CancellationToken.None);
        Decoder.Prefill([.. Enumerable.Range(0, Context).Select(index => (long)(index * 31 % artifact.Manifest.Vocabulary))]);
        checkpoint = Decoder.Save();
        Clock = new TokenClock(Decoder, mostSteps);
    }

    /// <summary>What was asked for.</summary>
    public BenchRequest Request { get; }

    /// <summary>Positions that the state has room for.</summary>
    public int Capacity { get; }

    /// <summary>Precision of the artifact.</summary>
    public string Precision { get; }

    /// <summary>The session.</summary>
    public DecoderSession Session { get; }

    /// <summary>The decoder.</summary>
    public Decoder Decoder { get; }

    /// <summary>Times it.</summary>
    public TokenClock Clock { get; }

    /// <summary>Comes back to the end of the prompt.</summary>
    public void Rewind() => Decoder.Restore(checkpoint);

    public void Dispose()
    {
        checkpoint.Dispose();
        Decoder.Dispose();
        Session.Dispose();
    }
}
