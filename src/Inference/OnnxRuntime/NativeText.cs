using System.Runtime.InteropServices;
using System.Text;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>UTF-8 text as C has it.</summary>
internal static class NativeText
{
    /// <summary>The text with a terminating zero.</summary>
    /// <exception cref="ArgumentException">The text contains a zero, at which C would cut it off.</exception>
    public static byte[] Terminated(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("Text for a native call must not contain a zero character.", nameof(text));
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>Reads zero-terminated text; null reads as empty.</summary>
    public static string Read(nint text) => Marshal.PtrToStringUTF8(text) ?? string.Empty;
}
