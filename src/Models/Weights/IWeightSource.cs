using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Models.Weights;

/// <summary>Where weights come from: a checkpoint's files, or a generator. Reading is thread-safe.</summary>
public interface IWeightSource : IDisposable
{
    /// <summary><c>checkpoint</c> or <c>random</c>, as <see cref="WeightsManifest.Source"/>.</summary>
    string SourceKind { get; }

    /// <summary>Where errors point: a file, a directory, or the generator with its seed.</summary>
    string Location { get; }

    /// <summary>Names of all tensors.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Whether there is such a tensor.</summary>
    bool Contains(string name);

    /// <summary>Type and shape of a tensor.</summary>
    /// <exception cref="CheckpointException">There is no such tensor.</exception>
    TensorDescription Describe(string name);

    /// <summary>Reads a whole tensor, row-major, as float32.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="destination">Exactly as long as the tensor.</param>
    /// <exception cref="CheckpointException">There is no such tensor, or its type is no floating point type that weights have.</exception>
    /// <exception cref="ArgumentException">The destination's length is not the tensor's.</exception>
    void Read(string name, Span<float> destination);

    /// <summary>Reads consecutive rows (of the first dimension), row-major, as float32.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="firstRow">First row, from 0.</param>
    /// <param name="destination">As long as a whole number of rows, which must exist.</param>
    /// <exception cref="CheckpointException">There is no such tensor, or its type is no floating point type that weights have.</exception>
    /// <exception cref="ArgumentException">The destination is no whole number of rows, or reaches past the tensor's end.</exception>
    void ReadRows(string name, long firstRow, Span<float> destination);

    /// <summary>What to write into the manifest. For checkpoints this hashes every file that tensors come from.</summary>
    /// <param name="hasher">Hashes files, or knows their hashes from before.</param>
    /// <param name="cancellationToken">Ends the hashing.</param>
    WeightsManifest Provenance(FileHasher hasher, CancellationToken cancellationToken);
}
