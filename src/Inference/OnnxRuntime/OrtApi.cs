namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>
/// The function-pointer table that <c>OrtGetApiBase()->GetApi(n)</c> answers. All versions of one library answer the same table, so
/// reading past what the library's version defines must be prevented by <see cref="Version"/>.
/// </summary>
internal readonly unsafe struct OrtApi(nint* table, int version)
{
    /// <summary>Oldest API that is supported, and the one that every function without a version of its own belongs to.</summary>
    public const int MinimumVersion = 23;

    /// <summary>Version of the table: the minor version of the library.</summary>
    public int Version { get; } = version;

    /// <summary>Address of a function that every supported version has.</summary>
    public nint this[int function] => table[function];

    /// <summary>Address of a function of a newer API.</summary>
    /// <exception cref="NotSupportedException">The library is older.</exception>
    public nint Since(int minimum, int function, string name) => Version >= minimum
        ? table[function]
        : throw new NotSupportedException($"{name} needs ONNX Runtime 1.{minimum} or newer; this is 1.{Version}.");

    /// <summary>Turns a status into an exception and releases it; does nothing for null, which means success.</summary>
    public void Check(nint status, string call)
    {
        if (status != 0)
        {
            Throw(status, call);
        }
    }

    private void Throw(nint status, string call)
    {
        var code = ((delegate* unmanaged[Cdecl]<nint, int>)this[OrtFunction.GetErrorCode])(status);
        var message = NativeText.Read(((delegate* unmanaged[Cdecl]<nint, nint>)this[OrtFunction.GetErrorMessage])(status));
        ((delegate* unmanaged[Cdecl]<nint, void>)this[OrtFunction.ReleaseStatus])(status);
        throw new OnnxRuntimeException((OrtErrorCode)code, message, call);
    }

    /// <summary>Calls <c>status f(out)</c>.</summary>
    public nint Create(int function, string call)
    {
        nint result;
        Check(((delegate* unmanaged[Cdecl]<nint*, nint>)this[function])(&result), call);
        return result;
    }

    /// <summary>Calls <c>status f(handle, out)</c>.</summary>
    public nint Get(int function, nint handle, string call)
    {
        nint result;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)this[function])(handle, &result), call);
        return result;
    }

    /// <summary>Calls <c>status f(handle)</c>.</summary>
    public void Do(int function, nint handle, string call) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint>)this[function])(handle), call);

    /// <summary>Calls <c>status f(handle, int)</c>.</summary>
    public void Set(int function, nint handle, int value, string call) =>
        Check(((delegate* unmanaged[Cdecl]<nint, int, nint>)this[function])(handle, value), call);

    /// <summary>Calls <c>status f(handle, text)</c>.</summary>
    public void Set(int function, nint handle, string value, string call)
    {
        fixed (byte* bytes = NativeText.Terminated(value))
        {
            Check(((delegate* unmanaged[Cdecl]<nint, byte*, nint>)this[function])(handle, bytes), call);
        }
    }

    /// <summary>Calls <c>status f(handle, key, value)</c>.</summary>
    public void Set(int function, nint handle, string key, string value, string call)
    {
        fixed (byte* keyBytes = NativeText.Terminated(key), valueBytes = NativeText.Terminated(value))
        {
            Check(((delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint>)this[function])(handle, keyBytes, valueBytes), call);
        }
    }

    /// <summary>Calls <c>void f(handle)</c>.</summary>
    public void Release(int function, nint handle) => ((delegate* unmanaged[Cdecl]<nint, void>)this[function])(handle);
}
