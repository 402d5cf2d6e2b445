namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>
/// Indices of functions in <c>struct OrtApi</c>. The table is append-only, so an index holds for every later version; the names are those of
/// onnxruntime_c_api.h, against which a test compares them.
/// </summary>
internal static class OrtFunction
{
    public const int GetErrorCode = 1;
    public const int GetErrorMessage = 2;
    public const int CreateEnv = 3;
    public const int CreateSession = 7;
    public const int CreateSessionFromArray = 8;
    public const int CreateSessionOptions = 10;
    public const int EnableProfiling = 14;
    public const int SetIntraOpNumThreads = 24;
    public const int SetInterOpNumThreads = 25;
    public const int SessionGetInputCount = 30;
    public const int SessionGetOutputCount = 31;
    public const int SessionGetInputTypeInfo = 33;
    public const int SessionGetOutputTypeInfo = 34;
    public const int SessionGetInputName = 36;
    public const int SessionGetOutputName = 37;
    public const int CreateRunOptions = 39;
    public const int RunOptionsSetTerminate = 46;
    public const int RunOptionsUnsetTerminate = 47;
    public const int CreateTensorAsOrtValue = 48;
    public const int CreateTensorWithDataAsOrtValue = 49;
    public const int GetTensorMutableData = 51;
    public const int CastTypeInfoToTensorInfo = 55;
    public const int GetTensorElementType = 60;
    public const int GetDimensionsCount = 61;
    public const int GetDimensions = 62;
    public const int CreateMemoryInfo = 68;
    public const int CreateCpuMemoryInfo = 69;
    public const int AllocatorFree = 76;
    public const int GetAllocatorWithDefaultOptions = 78;
    public const int ReleaseStatus = 93;
    public const int ReleaseMemoryInfo = 94;
    public const int ReleaseSession = 95;
    public const int ReleaseValue = 96;
    public const int ReleaseRunOptions = 97;
    public const int ReleaseTypeInfo = 98;
    public const int ReleaseSessionOptions = 100;
    public const int SessionEndProfiling = 110;
    public const int GetAvailableProviders = 125;
    public const int ReleaseAvailableProviders = 126;
    public const int AddSessionConfigEntry = 130;
    public const int CreateAllocator = 131;
    public const int ReleaseAllocator = 132;
    public const int RunWithBinding = 133;
    public const int CreateIoBinding = 134;
    public const int ReleaseIoBinding = 135;
    public const int BindInput = 136;
    public const int BindOutput = 137;
    public const int AddRunConfigEntry = 165;
    public const int SessionOptionsAppendExecutionProvider_TensorRT_V2 = 170;
    public const int CreateTensorRTProviderOptions = 171;
    public const int UpdateTensorRTProviderOptions = 172;
    public const int ReleaseTensorRTProviderOptions = 174;
    public const int SessionOptionsAppendExecutionProvider_CUDA_V2 = 204;
    public const int CreateCUDAProviderOptions = 205;
    public const int UpdateCUDAProviderOptions = 206;
    public const int ReleaseCUDAProviderOptions = 208;
    public const int UpdateTensorRTProviderOptionsWithValue = 261;
    public const int UpdateCUDAProviderOptionsWithValue = 263;
    public const int MemoryInfoGetDeviceType = 225;
    public const int RegisterCustomOpsLibrary_V2 = 228;
    public const int GetBuildInfoString = 254;
    public const int GetKeyValuePairs = 298;
    public const int ReleaseKeyValuePairs = 300;
    public const int AllocatorGetStats = 319;
    public const int SessionGetMemoryInfoForInputs = 380;
    public const int SessionGetMemoryInfoForOutputs = 381;

    /// <summary>Since 1.25.</summary>
    public const int RunOptionsEnableProfiling = 415;
}
