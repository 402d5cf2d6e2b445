namespace EdgeFleet.Inference.RuntimePacks;

/// <summary>What executes a graph.</summary>
public enum ExecutionProvider
{
    /// <summary>ONNX Runtime's CPU provider.</summary>
    Cpu,

    /// <summary>The CUDA provider; nodes that it lacks run on the CPU.</summary>
    Cuda,

    /// <summary>The TensorRT provider, then CUDA for what it does not take.</summary>
    TensorRt,
}
