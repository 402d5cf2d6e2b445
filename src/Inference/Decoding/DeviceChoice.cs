using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;

namespace EdgeFleet.Inference.Decoding;

/// <summary>The greedy choice among logits that stay on the device.</summary>
internal sealed class DeviceChoice : IDisposable
{
    private readonly DecoderSession _session;
    private readonly DeviceArgMax _argMax;
    private readonly TensorBuffer _logits;
    private readonly TensorBuffer _workspace;
    private readonly TensorBuffer _tokens;
    private readonly int _batch;

    public DeviceChoice(DecoderSession session, DeviceArgMax argMax, TensorBuffer logits, int batch)
    {
        _session = session;
        _argMax = argMax;
        _logits = logits;
        _batch = batch;
        _workspace = TensorBuffer.Output(session, OrtElementType.Int64, [argMax.Workspace(batch) / sizeof(long)]);
        _tokens = TensorBuffer.Output(session, OrtElementType.Int64, [batch]);
    }

    /// <summary>Starts the search and the copy of its result.</summary>
    public void Start()
    {
        _argMax.Start(
            _logits.Address, _session.LogitsType, _batch, _session.Manifest.Vocabulary, _workspace.Address, _tokens.Address);
        _tokens.StartDownload();
    }

    /// <summary>Reads the result, after the device was waited for.</summary>
    /// <exception cref="NonFiniteLogitsException">A logit is not a number.</exception>
    public void Read(Span<long> tokens)
    {
        var found = _tokens.Host.Span<long>();
        for (var sequence = 0; sequence < _batch; sequence++)
        {
            tokens[sequence] = found[sequence] >= 0 ? found[sequence] : throw new NonFiniteLogitsException(sequence, 0, (int)(-1 - found[sequence]), _session.LogitsType);
        }
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _workspace.Dispose();
    }
}
