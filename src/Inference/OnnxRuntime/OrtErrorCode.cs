namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Codes of a status, as onnxruntime_error_code.h numbers them.</summary>
public enum OrtErrorCode
{
    /// <summary>Success.</summary>
    Ok = 0,

    /// <summary>No more specific code.</summary>
    Fail = 1,

    /// <summary>An argument, shape or configuration is wrong.</summary>
    InvalidArgument = 2,

    /// <summary>A file does not exist.</summary>
    NoSuchFile = 3,

    /// <summary>No such model.</summary>
    NoModel = 4,

    /// <summary>The engine failed.</summary>
    EngineError = 5,

    /// <summary>An exception was caught inside.</summary>
    RuntimeException = 6,

    /// <summary>The model is not valid protobuf.</summary>
    InvalidProtobuf = 7,

    /// <summary>The model is loaded already.</summary>
    ModelLoaded = 8,

    /// <summary>An operator, type or device is not implemented.</summary>
    NotImplemented = 9,

    /// <summary>The graph is invalid.</summary>
    InvalidGraph = 10,

    /// <summary>An execution provider failed.</summary>
    ProviderFail = 11,

    /// <summary>Loading was cancelled.</summary>
    ModelLoadCanceled = 12,

    /// <summary>The model must be compiled first.</summary>
    ModelRequiresCompilation = 13,

    /// <summary>Something was not found.</summary>
    NotFound = 14,

    /// <summary>A device was reset under the session.</summary>
    DeviceReset = 15,
}
