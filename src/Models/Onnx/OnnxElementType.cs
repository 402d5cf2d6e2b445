namespace EdgeFleet.Models.Onnx;

/// <summary>Element types of tensors by their numbers in the ONNX format (TensorProto.DataType).</summary>
internal enum OnnxElementType
{
    None = 0,
    Float32 = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Boolean = 9,
    Float16 = 10,
    BFloat16 = 16,
}
