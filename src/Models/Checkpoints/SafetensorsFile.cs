using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using EdgeFleet.Models.Weights;
using Microsoft.Win32.SafeHandles;

namespace EdgeFleet.Models.Checkpoints;

/// <summary>One safetensors file, memory-mapped. Reading is thread-safe; disposing while reading is not.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const int PieceElements = 1 << 24;

    private readonly SafetensorsHeader _header;
    private readonly SafeFileHandle _file;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _data;
    private readonly long _length;
    private bool _disposed;

    private SafetensorsFile(string path, SafeFileHandle file)
    {
        Path = path;
        _file = file;
        _length = RandomAccess.GetLength(file);
        var headerBytes = HeaderBytes();
        var json = GC.AllocateUninitializedArray<byte>(headerBytes);
        BoundedFile.ReadExactly(file, path, json, SafetensorsHeader.PrefixBytes);
        var dataOffset = SafetensorsHeader.PrefixBytes + headerBytes;
        _header = SafetensorsHeader.Parse(json, path, _length - dataOffset);
        if (_length > dataOffset)
        {
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _data = start + _view.PointerOffset + dataOffset;
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Names of the tensors.</summary>
    public IReadOnlyCollection<string> Names => (IReadOnlyCollection<string>)_header.Entries.Keys;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or breaks the format's rules.</exception>
    public static SafetensorsFile Open(string path)
    {
        var file = BoundedFile.Open(path);
        try
        {
            return new SafetensorsFile(path, file);
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new CheckpointException(path, $"cannot be mapped: {e.Message}", "Check the file system and the memory limits.", e);
            }

            throw;
        }
    }

    /// <summary>Whether there is such a tensor.</summary>
    public bool Contains(string name) => _header.Entries.ContainsKey(name);

    /// <summary>Type and shape of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    public TensorDescription Describe(string name) => Find(name).Description;

    /// <summary>Copies elements of a tensor of type F32, F16 or BF16 as float32.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="firstElement">First element, from 0, in row-major order.</param>
    /// <param name="destination">Receives as many elements as it is long.</param>
    /// <exception cref="CheckpointException">There is no such tensor, it has another type, or the file was truncated since it was opened.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has fewer elements.</exception>
    public void Read(string name, long firstElement, Span<float> destination)
    {
        var entry = Find(name);
        if (!entry.Description.Type.IsWeight())
        {
            throw TypeError(entry, "F32, F16 or BF16");
        }

        // Spans of bytes end at 2 GiB, and large models have tensors beyond.
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, PieceElements);
            WeightConversion.ToSingle(entry.Description.Type, Bytes(entry, firstElement, count), destination[..count]);
            destination = destination[count..];
            firstElement += count;
        }
    }

    /// <summary>Copies elements of a tensor of type I64, such as token ids.</summary>
    /// <inheritdoc cref="Read(string, long, Span{float})"/>
    public void Read(string name, long firstElement, Span<long> destination)
    {
        var entry = Find(name);
        if (entry.Description.Type != TensorElementType.Int64)
        {
            throw TypeError(entry, "I64");
        }

        MemoryMarshal.Cast<byte, long>(Bytes(entry, firstElement, destination.Length)).CopyTo(destination);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_data != null)
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view?.Dispose();
        _map?.Dispose();
        _file.Dispose();
    }

    private int HeaderBytes()
    {
        if (_length < SafetensorsHeader.PrefixBytes)
        {
            throw new CheckpointException(
                Path, $"has {_length} bytes; a safetensors file begins with 8 bytes that tell its header's length.", "Download it again.");
        }

        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        BoundedFile.ReadExactly(_file, Path, prefix, 0);
        var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerBytes > SafetensorsHeader.MaximumBytes)
        {
            throw new CheckpointException(
                Path,
                $"claims a header of {headerBytes} bytes; the format allows {SafetensorsHeader.MaximumBytes}.",
                "This is not a safetensors file, or it is damaged; download it again (a Git LFS pointer must be fetched first).");
        }

        if ((long)headerBytes > _length - SafetensorsHeader.PrefixBytes)
        {
            throw new CheckpointException(
                Path, $"claims a header of {headerBytes} bytes, but has {_length} in all; it is truncated.", "Download it again.");
        }

        return (int)headerBytes;
    }

    private ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long firstElement, int elements)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(firstElement);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstElement, entry.Description.Elements - elements);

        // Touching a mapped page behind the end of a file kills the process (SIGBUS), so a file that shrank is noticed first.
        if (RandomAccess.GetLength(_file) < _length)
        {
            throw new CheckpointException(Path, "became shorter after it was opened.", "Repeat when nothing writes to it.");
        }

        var elementBytes = entry.Description.Type.Bytes();
        return new ReadOnlySpan<byte>(_data + entry.Begin + (firstElement * elementBytes), checked(elements * elementBytes));
    }

    private SafetensorsEntry Find(string name) => _header.Entries.TryGetValue(name, out var entry)
        ? entry
        : throw new CheckpointException($"{Path}, tensor '{name}'", "is missing.", "Check that all files were downloaded.");

    private CheckpointException TypeError(SafetensorsEntry entry, string expected) => new(
        $"{Path}, tensor '{entry.Description.Name}'",
        $"has element type {entry.Description.Type}; expected {expected}.",
        "Use the unquantised checkpoint of this model.");
}
