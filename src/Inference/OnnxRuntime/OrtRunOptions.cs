namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Options of a run; the terminate flag may be set from any thread.</summary>
public sealed class OrtRunOptions(OnnxRuntimeLibrary library)
    : OrtHandle(library, library.Api.Create(OrtFunction.CreateRunOptions, "CreateRunOptions"), OrtFunction.ReleaseRunOptions, owner: null)
{
    /// <summary>Makes runs that use these options end with an error, between two nodes, until <see cref="ClearTerminate"/>.</summary>
    public void Terminate() => Api.Do(OrtFunction.RunOptionsSetTerminate, Native, "RunOptionsSetTerminate");

    /// <summary>Allows runs again.</summary>
    public void ClearTerminate() => Api.Do(OrtFunction.RunOptionsUnsetTerminate, Native, "RunOptionsUnsetTerminate");

    /// <summary>Sets a configuration entry (onnxruntime_run_options_config_keys.h).</summary>
    public void Configure(string key, string value) =>
        Api.Set(OrtFunction.AddRunConfigEntry, Native, key, value, $"AddRunConfigEntry({key})");

    /// <summary>Writes a profile of each run that uses these options to its own file. Needs ONNX Runtime 1.25.</summary>
    public unsafe void EnableProfiling(string prefix)
    {
        var function = (delegate* unmanaged[Cdecl]<nint, byte*, nint>)Api.Since(
            25, OrtFunction.RunOptionsEnableProfiling, "Profiling of single runs");
        fixed (byte* bytes = NativeText.Terminated(prefix))
        {
            Api.Check(function(Native, bytes), "RunOptionsEnableProfiling");
        }
    }
}
