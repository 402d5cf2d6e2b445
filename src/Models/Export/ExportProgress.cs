namespace EdgeFleet.Models.Export;

/// <summary>How far an export is.</summary>
/// <param name="BytesWritten">Bytes of weights written.</param>
/// <param name="TotalBytes">Bytes of weights in all.</param>
/// <param name="Tensor">The tensor being written.</param>
public readonly record struct ExportProgress(long BytesWritten, long TotalBytes, string Tensor);
