using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EdgeFleet.Agent.Telemetry;

/// <summary>Files of the kernel below a root: <c>/</c> for this machine, another directory for a recorded or simulated one.</summary>
/// <param name="Root">The root.</param>
internal sealed record SystemTree(string Root)
{
    private const int LongestFile = 64 * 1024;

    /// <summary>This machine.</summary>
    public static SystemTree Machine { get; } = new("/");

    /// <summary>Whether it is this machine, whose libraries may be asked too.</summary>
    public bool IsLive => Root == "/";

    /// <summary>Whether the processor is an x86: only this machine's can be one.</summary>
    public bool IsX86 => IsLive && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86
        || !IsLive && Directory.Exists(Path("/sys/class/powercap"));

    /// <summary>Path of a file below the root.</summary>
    public string Path(string absolute) => IsLive ? absolute : System.IO.Path.Join(Root, absolute);

    /// <summary>Directories by pattern in a directory, in order of name; none where it does not exist.</summary>
    public IReadOnlyList<string> Directories(string absolute, string pattern)
    {
        var directory = Path(absolute);
        return !Directory.Exists(directory) ? []
            : [.. Directory.EnumerateDirectories(directory, pattern).Select(path => $"{absolute}/{System.IO.Path.GetFileName(path)}").Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether a file is there.</summary>
    public bool Has(string absolute) => File.Exists(Path(absolute));

    /// <summary>A file's text without surrounding blanks; null where it is not there or cannot be read.</summary>
    public string? TryText(string absolute)
    {
        try
        {
            return Text(absolute);
        }
        catch (SensorException)
        {
            return null;
        }
    }

    /// <summary>A file's text without surrounding blanks and zeros.</summary>
    /// <exception cref="SensorException">It is not there, cannot be read, or is longer than any such file.</exception>
    public string Text(string absolute)
    {
        try
        {
            // Sensors are read while others are timed: what they leave to the garbage collector is no more than their text.
            var buffer = ArrayPool<byte>.Shared.Rent(LongestFile);
            try
            {
                using var file = new FileStream(Path(absolute), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
                var length = file.ReadAtLeast(buffer.AsSpan(0, LongestFile), LongestFile, throwOnEndOfStream: false);
                return length == LongestFile
                    ? throw new SensorException($"{absolute} is longer than {LongestFile} bytes")
                    : System.Text.Encoding.UTF8.GetString(buffer, 0, length).Trim().TrimEnd('\0');
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SensorException($"{absolute} does not exist", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new SensorException($"{absolute} may not be read by this user", exception);
        }
        catch (IOException exception)
        {
            throw new SensorException($"{absolute} cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>A file's whole number.</summary>
    /// <exception cref="SensorException">It is not there or holds something else.</exception>
    public long Number(string absolute)
    {
        var text = Text(absolute);
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new SensorException($"{absolute} holds '{(text.Length > 40 ? text[..40] : text)}', which is no number");
    }
}
