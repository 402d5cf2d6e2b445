using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Checkpoints;
using EdgeFleet.Models.Hashing;

namespace EdgeFleet.Models.Weights;

/// <summary>
/// Weights of a model for which no checkpoint is at hand: declared tensors, whose values follow from the seed and the tensor's name,
/// to the bit the same on every machine. Speed, memory and energy do not depend on them; answers do.
/// </summary>
public sealed class RandomWeightSource : IWeightSource
{
    private const int ParallelElements = 1 << 18;

    private readonly ulong _seed;
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Declares the tensors; nothing is generated before it is read.</summary>
    /// <param name="seed">Seed.</param>
    /// <param name="tensors">The tensors, each name once.</param>
    /// <exception cref="ArgumentException">A name comes twice.</exception>
    public RandomWeightSource(ulong seed, IEnumerable<TensorDeclaration> tensors)
    {
        _seed = seed;
        foreach (var tensor in tensors)
        {
            var description = new TensorDescription(tensor.Name, TensorElementType.Float32, tensor.Shape);
            _tensors.Add(tensor.Name, new Tensor(description, tensor.Initialisation, CounterGenerator.Create(seed, tensor.Name)));
        }
    }

    /// <inheritdoc/>
    public string SourceKind => "random";

    /// <inheritdoc/>
    public string Location => $"random weights with seed {_seed}";

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <inheritdoc/>
    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <inheritdoc/>
    public TensorDescription Describe(string name) => Find(name).Description;

    /// <inheritdoc/>
    public void Read(string name, Span<float> destination)
    {
        var tensor = Find(name);
        WeightRange.CheckWhole(tensor.Description, destination.Length);
        Fill(tensor, 0, destination);
    }

    /// <inheritdoc/>
    public void ReadRows(string name, long firstRow, Span<float> destination)
    {
        var tensor = Find(name);
        Fill(tensor, WeightRange.FirstElement(tensor.Description, firstRow, destination.Length), destination);
    }

    /// <inheritdoc/>
    public WeightsManifest Provenance(FileHasher hasher, CancellationToken cancellationToken) =>
        new(SourceKind, _seed, ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Does nothing: no resources are held.</summary>
    public void Dispose()
    {
    }

    private Tensor Find(string name) => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new CheckpointException(
            $"{Location}, tensor '{name}'", "was not declared.", "The architecture reads a tensor that it does not declare; report this.");

    private static unsafe void Fill(Tensor tensor, long firstElement, Span<float> destination)
    {
        var length = destination.Length;
        if (length <= ParallelElements)
        {
            tensor.Fill(firstElement, destination);
            return;
        }

        fixed (float* start = destination)
        {
            var address = (nint)start;
            Parallel.For(0, (int)(((long)length + ParallelElements - 1) / ParallelElements), piece =>
            {
                var offset = piece * ParallelElements;
                var count = Math.Min(ParallelElements, length - offset);
                tensor.Fill(firstElement + offset, new Span<float>((float*)address + offset, count));
            });
        }
    }

    private sealed record Tensor(TensorDescription Description, WeightInitialisation Initialisation, CounterGenerator Generator)
    {
        public void Fill(long firstElement, Span<float> destination)
        {
            switch (Initialisation)
            {
                case WeightInitialisation.Constant constant:
                    destination.Fill(constant.Value);
                    break;
                case WeightInitialisation.Normal normal:
                    Generator.FillNormal(firstElement, normal.StandardDeviation, destination);
                    break;
                case WeightInitialisation.Uniform uniform:
                    Generator.FillUniform(firstElement, uniform.Limit, destination);
                    break;
                case WeightInitialisation.LogOfColumn:
                    for (var i = 0; i < destination.Length; i++)
                    {
                        destination[i] = (float)PortableMath.Log(1 + ((firstElement + i) % Description.Shape[^1]));
                    }

                    break;
                case WeightInitialisation.LogOfUniform range:
                    for (var i = 0; i < destination.Length; i++)
                    {
                        var value = range.Minimum + (Generator.Fraction(firstElement + i) * (range.Maximum - range.Minimum));
                        destination[i] = (float)PortableMath.Log(value);
                    }

                    break;
                case WeightInitialisation.TimeStepBias steps:
                    var (low, high) = (PortableMath.Log(steps.Minimum), PortableMath.Log(steps.Maximum));
                    for (var i = 0; i < destination.Length; i++)
                    {
                        var step = PortableMath.Exp(low + (Generator.Fraction(firstElement + i) * (high - low)));
                        destination[i] = InverseSoftplus(Math.Max(step, steps.Floor));
                    }

                    break;
                default:
                    throw new InvalidOperationException($"No way to make {Initialisation}.");
            }
        }

        private static float InverseSoftplus(double y) => (float)(y + PortableMath.Log(1 - PortableMath.Exp(-y)));
    }
}
