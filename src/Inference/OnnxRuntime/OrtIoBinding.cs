namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>
/// Inputs and outputs of a run, bound ahead. A tensor on the host that an input wants on a device is copied when it is bound,
/// not when the session runs.
/// </summary>
public sealed unsafe class OrtIoBinding : OrtHandle
{
    internal OrtIoBinding(OrtSession session)
        : base(
            session.Library, session.Api.Get(OrtFunction.CreateIoBinding, session.Native, "CreateIoBinding"), OrtFunction.ReleaseIoBinding, session)
    {
    }

    /// <summary>Binds an input, replacing what was bound to it. The binding shares ownership of the native tensor.</summary>
    public void BindInput(string name, OrtValue value) => Bind(OrtFunction.BindInput, name, value, "BindInput");

    /// <summary>Binds an output to a tensor of its exact shape, replacing what was bound to it.</summary>
    public void BindOutput(string name, OrtValue value) => Bind(OrtFunction.BindOutput, name, value, "BindOutput");

    private void Bind(int function, string name, OrtValue value, string call)
    {
        fixed (byte* bytes = NativeText.Terminated(name))
        {
            var status = ((delegate* unmanaged[Cdecl]<nint, byte*, nint, nint>)Api[function])(Native, bytes, value.Native);
            if (status != 0)
            {
                Api.Check(status, $"{call}({name})");
            }
        }

        GC.KeepAlive(value);
    }
}
