using System.Collections.Concurrent;
using System.IO.Enumeration;
using EdgeFleet.Models.Checkpoints;

namespace EdgeFleet.Models.Weights;

/// <summary>
/// Reads weights with the shapes that an architecture expects, and remembers which were used, so that surplus tensors are found.
/// </summary>
/// <param name="source">Where the weights come from; it is not disposed.</param>
public sealed class WeightLedger(IWeightSource source)
{
    private const int NamesInMessage = 8;

    private readonly ConcurrentDictionary<string, byte> _used = new(StringComparer.Ordinal);

    /// <summary>Where the weights come from.</summary>
    public IWeightSource Source => source;

    /// <summary>Whether there is such a tensor. Asking does not count as use.</summary>
    public bool Contains(string name) => source.Contains(name);

    /// <summary>Marks a tensor as used and checks its shape and type.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="shape">The shape that the configuration implies.</param>
    /// <exception cref="CheckpointException">It is missing, has another shape, or is no weight.</exception>
    public TensorDescription Expect(string name, params ReadOnlySpan<long> shape)
    {
        if (!source.Contains(name))
        {
            throw new CheckpointException(
                $"{source.Location}, tensor '{name}'",
                $"is missing; the configuration implies one of shape {TensorDescription.FormatShape(shape)}.",
                "Check that config.json and the weights belong together and that all files were downloaded.");
        }

        var description = source.Describe(name);
        if (!description.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new CheckpointException(
                $"{source.Location}, tensor '{name}'",
                $"has shape {description.ShapeText}, but the configuration implies {TensorDescription.FormatShape(shape)}.",
                "Check that config.json and the weights belong together.");
        }

        if (!description.Type.IsWeight())
        {
            throw new CheckpointException(
                $"{source.Location}, tensor '{name}'",
                $"has element type {description.Type}; weights must be Float32, Float16 or BFloat16.",
                "Use the unquantised checkpoint of this model.");
        }

        _used.TryAdd(name, 0);
        return description;
    }

    /// <summary>Reads a whole tensor after <see cref="Expect"/>.</summary>
    public void Read(string name, ReadOnlySpan<long> shape, Span<float> destination)
    {
        Expect(name, shape);
        source.Read(name, destination);
    }

    /// <summary>Reads a whole tensor into a new array after <see cref="Expect"/>.</summary>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        var values = GC.AllocateUninitializedArray<float>(checked((int)Expect(name, shape).Elements));
        source.Read(name, values);
        return values;
    }

    /// <summary>Reads rows of a tensor after <see cref="Expect"/>.</summary>
    public void ReadRows(string name, ReadOnlySpan<long> shape, long firstRow, Span<float> destination)
    {
        Expect(name, shape);
        source.ReadRows(name, firstRow, destination);
    }

    /// <summary>Fails when the source has tensors that were not used.</summary>
    /// <param name="ignorable">Names that may be left over; <c>*</c> stands for any characters, <c>?</c> for one.</param>
    /// <exception cref="CheckpointException">There are surplus tensors.</exception>
    public void EnsureAllRead(params ReadOnlySpan<string> ignorable)
    {
        var patterns = ignorable.ToArray();
        var surplus = source.Names
            .Where(name => !_used.ContainsKey(name) && !Array.Exists(patterns, pattern => Matches(pattern, name)))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (surplus.Count == 0)
        {
            return;
        }

        var names = string.Join(", ", surplus.Take(NamesInMessage).Select(name => $"'{name}' {source.Describe(name).ShapeText}"));
        var more = surplus.Count > NamesInMessage ? $" and {surplus.Count - NamesInMessage} more" : "";
        throw new CheckpointException(
            source.Location,
            $"has {surplus.Count} tensors that this architecture does not use: {names}{more}.",
            "The model would compute something else without them; check config.json (biases, number of layers, tied embeddings).");
    }

    private static bool Matches(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
