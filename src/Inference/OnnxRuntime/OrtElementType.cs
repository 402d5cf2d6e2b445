namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Element types of tensors that decoders use, as ONNX numbers them.</summary>
public enum OrtElementType
{
    /// <summary>Not a tensor, or of a type that is not listed here.</summary>
    Undefined = 0,

    /// <summary>IEEE single.</summary>
    Float32 = 1,

    /// <summary>Unsigned byte.</summary>
    UInt8 = 2,

    /// <summary>Signed byte.</summary>
    Int8 = 3,

    /// <summary>32-bit integer.</summary>
    Int32 = 6,

    /// <summary>64-bit integer.</summary>
    Int64 = 7,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,

    /// <summary>IEEE half.</summary>
    Float16 = 10,

    /// <summary>Brain float.</summary>
    BFloat16 = 16,
}
