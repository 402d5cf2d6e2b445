using EdgeFleet.Models.Hashing;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>Opens files from outside with their size checked first, and failures told in one way.</summary>
internal static class BoundedFile
{
    /// <summary>Opens a regular file for reading.</summary>
    /// <exception cref="CheckpointException">It is missing, not a regular file, or not readable.</exception>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            // Opening a FIFO would wait for a writer that never comes.
            if (!FileStamp.IsRegularFile(path))
            {
                throw new CheckpointException(path, "is not a regular file.", "Name a file, or a directory of files, of a checkpoint.");
            }

            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Reads a whole file of at most <paramref name="maximum"/> bytes.</summary>
    /// <exception cref="CheckpointException">It is missing, too large, or not readable.</exception>
    public static byte[] ReadAllBytes(string path, int maximum)
    {
        using var file = Open(path);
        var length = RandomAccess.GetLength(file);
        if (length > maximum)
        {
            throw new CheckpointException(
                path, $"has {length} bytes; at most {maximum} are read.", "This is not the file that its name promises.");
        }

        var bytes = new byte[length];
        ReadExactly(file, path, bytes, 0);
        return bytes;
    }

    /// <summary>Fills <paramref name="destination"/> from an offset.</summary>
    /// <exception cref="CheckpointException">The file ends before, or cannot be read.</exception>
    public static void ReadExactly(SafeFileHandle file, string path, Span<byte> destination, long offset)
    {
        try
        {
            while (!destination.IsEmpty)
            {
                var read = RandomAccess.Read(file, destination, offset);
                if (read == 0)
                {
                    throw new CheckpointException(path, $"ends at byte {offset}, in the middle of its data.", "Download it again.");
                }

                destination = destination[read..];
                offset += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    private static CheckpointException Unreadable(string path, Exception e) =>
        new(path, $"cannot be read: {e.Message}", "Check that it exists and that its permissions let this user read it.", e);
}
