using System.Collections.Immutable;
using EdgeFleet.Inference.RuntimePacks;

namespace EdgeFleet.Inference.Decoding;

/// <summary>How a decoder's session is opened.</summary>
public sealed record DecoderOptions
{
    /// <summary>What executes the graph.</summary>
    /// <value>The CPU.</value>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Threads of one operator, the calling one included; 0 lets ONNX Runtime choose (physical cores).</summary>
    /// <value>0.</value>
    public int Threads { get; init; }

    /// <summary>Whether idle threads of the pool spin while they wait for work: shorter latency, at the price of energy.</summary>
    /// <value>True.</value>
    public bool Spinning { get; init; } = true;

    /// <summary>Whether denormal numbers count as zero on all threads of the session; decaying states are slow otherwise.</summary>
    /// <value>True.</value>
    public bool DenormalsAsZero { get; init; } = true;

    /// <summary>Index of the GPU.</summary>
    /// <value>0.</value>
    public int Device { get; init; }

    /// <summary>Whether decode steps on a GPU are captured into a CUDA graph where they can be.</summary>
    /// <value>True.</value>
    public bool CaptureSteps { get; init; } = true;

    /// <summary>
    /// Most memory of the GPU, bytes: what is in use on it when the session opens counts, so that the session has what a card of this size
    /// would leave it. The provider's arena is kept below the rest.
    /// </summary>
    /// <value>Null: all of it.</value>
    public long? DeviceMemoryLimit { get; init; }

    /// <summary>Sizes that the session will run at, for providers that compile for shapes.</summary>
    /// <value>Null.</value>
    public DecoderShape? Shape { get; init; }

    /// <summary>Directory where compiled engines are kept, in one of its own per GPU and version.</summary>
    /// <value>Null: engines are not kept.</value>
    public string? EngineCache { get; init; }

    /// <summary>Prefix of the file that a profile is written to; null for none. A profiled session is slower by about 10 us a node.</summary>
    /// <value>Null.</value>
    public string? ProfilePrefix { get; init; }

    /// <summary>Options of the provider by ONNX Runtime's keys; they win over what is chosen here.</summary>
    /// <value>None.</value>
    public ImmutableSortedDictionary<string, string> ProviderOptions { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Session configuration entries by ONNX Runtime's keys; they win over what is chosen here.</summary>
    /// <value>None.</value>
    public ImmutableSortedDictionary<string, string> SessionEntries { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}
