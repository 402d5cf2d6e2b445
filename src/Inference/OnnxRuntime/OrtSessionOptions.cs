using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Options that a session is opened with.</summary>
public sealed unsafe class OrtSessionOptions(OnnxRuntimeLibrary library)
    : OrtHandle(
        library, library.Api.Create(OrtFunction.CreateSessionOptions, "CreateSessionOptions"), OrtFunction.ReleaseSessionOptions, owner: null)
{
    /// <summary>Threads of one operator, the calling one included; 0 lets ONNX Runtime choose (physical cores).</summary>
    public void SetThreads(int threads) => Api.Set(OrtFunction.SetIntraOpNumThreads, Native, threads, "SetIntraOpNumThreads");

    /// <summary>Threads that run operators beside each other; 1 for sequential execution.</summary>
    public void SetInterOperatorThreads(int threads) => Api.Set(OrtFunction.SetInterOpNumThreads, Native, threads, "SetInterOpNumThreads");

    /// <summary>Sets a configuration entry (onnxruntime_session_options_config_keys.h); unknown keys are ignored by ONNX Runtime.</summary>
    public void Configure(string key, string value) =>
        Api.Set(OrtFunction.AddSessionConfigEntry, Native, key, value, $"AddSessionConfigEntry({key})");

    /// <summary>Writes a profile to <c>prefix_*.json</c> until <see cref="OrtSession.EndProfiling"/>.</summary>
    public void EnableProfiling(string prefix) => Api.Set(OrtFunction.EnableProfiling, Native, prefix, "EnableProfiling");

    /// <summary>Registers the operators of a library, which stays loaded as long as a session uses it.</summary>
    /// <param name="path">The library's file; made absolute, because the loader would search its own paths otherwise.</param>
    /// <exception cref="RuntimeLoadException">There is no such file.</exception>
    public void RegisterOperators(string path)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new RuntimeLoadException($"{full}: no such file; an operator library is expected there.");
        }

        Api.Set(OrtFunction.RegisterCustomOpsLibrary_V2, Native, full, $"RegisterCustomOpsLibrary({full})");
    }

    /// <summary>Appends the CUDA provider.</summary>
    /// <param name="options">Its options by ONNX Runtime's keys, e.g. <c>device_id</c>.</param>
    /// <param name="stream">The <c>cudaStream_t</c> that its work is put on; 0 for one of its own.</param>
    public void AppendCuda(IReadOnlyDictionary<string, string> options, nint stream) => Append(
        "CUDA",
        OrtFunction.CreateCUDAProviderOptions,
        OrtFunction.UpdateCUDAProviderOptions,
        OrtFunction.UpdateCUDAProviderOptionsWithValue,
        OrtFunction.SessionOptionsAppendExecutionProvider_CUDA_V2,
        OrtFunction.ReleaseCUDAProviderOptions,
        options,
        stream);

    /// <summary>Appends the TensorRT provider.</summary>
    /// <param name="options">Its options by ONNX Runtime's keys, e.g. <c>device_id</c>, <c>trt_fp16_enable</c>.</param>
    /// <param name="stream">The <c>cudaStream_t</c> that its work is put on; 0 for one of its own.</param>
    public void AppendTensorRt(IReadOnlyDictionary<string, string> options, nint stream) => Append(
        "TensorRT",
        OrtFunction.CreateTensorRTProviderOptions,
        OrtFunction.UpdateTensorRTProviderOptions,
        OrtFunction.UpdateTensorRTProviderOptionsWithValue,
        OrtFunction.SessionOptionsAppendExecutionProvider_TensorRT_V2,
        OrtFunction.ReleaseTensorRTProviderOptions,
        options,
        stream);

    private void Append(
        string provider,
        int create,
        int update,
        int updateWithValue,
        int append,
        int release,
        IReadOnlyDictionary<string, string> options,
        nint stream)
    {
        var providerOptions = Api.Create(create, $"Create{provider}ProviderOptions");
        var ordered = options.OrderBy(static pair => pair.Key, StringComparer.Ordinal).ToArray();
        var texts = ordered.SelectMany(static pair => (nint[])[Marshal.StringToCoTaskMemUTF8(pair.Key), Marshal.StringToCoTaskMemUTF8(pair.Value)]).ToArray();
        try
        {
            // All at once: an update sets what it does not name back to its default.
            var keys = texts.Where(static (_, i) => i % 2 == 0).ToArray();
            var values = texts.Where(static (_, i) => i % 2 == 1).ToArray();
            fixed (nint* keyPointers = keys, valuePointers = values)
            {
                Api.Check(
                    ((delegate* unmanaged[Cdecl]<nint, nint*, nint*, nuint, nint>)Api[update])(
                        providerOptions, keyPointers, valuePointers, (nuint)keys.Length),
                    $"Update{provider}ProviderOptions({string.Join(", ", ordered.Select(static pair => $"{pair.Key} = {pair.Value}"))})");
            }

            if (stream != 0)
            {
                fixed (byte* key = NativeText.Terminated("user_compute_stream"))
                {
                    Api.Check(
                        ((delegate* unmanaged[Cdecl]<nint, byte*, nint, nint>)Api[updateWithValue])(providerOptions, key, stream),
                        $"Update{provider}ProviderOptionsWithValue(user_compute_stream)");
                }
            }

            Api.Check(
                ((delegate* unmanaged[Cdecl]<nint, nint, nint>)Api[append])(Native, providerOptions),
                $"SessionOptionsAppendExecutionProvider_{provider}");
        }
        finally
        {
            foreach (var text in texts)
            {
                Marshal.FreeCoTaskMem(text);
            }

            Api.Release(release, providerOptions);
        }
    }
}
