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
