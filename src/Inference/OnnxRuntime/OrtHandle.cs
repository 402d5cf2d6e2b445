using System.Runtime.InteropServices;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>Owns one native object, and keeps the object that it lives in alive.</summary>
public abstract class OrtHandle : SafeHandle
{
    private readonly OrtHandle? _owner;
    private readonly int _releaseFunction;

    private protected OrtHandle(OnnxRuntimeLibrary library, nint handle, int releaseFunction, OrtHandle? owner)
        : base(0, ownsHandle: true)
    {
        Library = library;
        _releaseFunction = releaseFunction;
        if (owner is not null)
        {
            // Finalisers run in any order: an owner must outlive what was made from it.
            var added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        SetHandle(handle);
    }

    /// <summary>Library that the object belongs to.</summary>
    public OnnxRuntimeLibrary Library { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal OrtApi Api => Library.Api;

    /// <summary>The native pointer, for the length of one call; the caller keeps this object alive.</summary>
    /// <exception cref="ObjectDisposedException">The object was disposed.</exception>
    internal nint Native
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Library.Api.Release(_releaseFunction, handle);
        _owner?.DangerousRelease();
        return true;
    }
}
