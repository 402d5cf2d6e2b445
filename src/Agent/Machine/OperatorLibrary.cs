using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Machine;

/// <summary>What the operator library says about itself.</summary>
internal static class OperatorLibrary
{
    /// <summary>Its version; null where the file is another library.</summary>
    /// <exception cref="DllNotFoundException">The file cannot be loaded.</exception>
    public static unsafe string? Version(string path)
    {
        var library = NativeLibrary.Load(path);
        try
        {
            return NativeLibrary.TryGetExport(library, "edgefleet_ops_version", out var version)
                ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)version)())
                : null;
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }
}
