namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>A native library or runtime pack is missing, damaged, or not what is needed. The message names the file.</summary>
public sealed class RuntimeLoadException : Exception
{
    /// <summary>Makes the exception.</summary>
    public RuntimeLoadException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with its cause.</summary>
    public RuntimeLoadException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
