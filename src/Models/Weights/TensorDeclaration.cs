using System.Collections.Immutable;

namespace EdgeFleet.Models.Weights;

/// <summary>A tensor that a random source provides.</summary>
/// <param name="Name">Name as in a checkpoint of the architecture.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Initialisation">How its values are made.</param>
public sealed record TensorDeclaration(string Name, ImmutableArray<long> Shape, WeightInitialisation Initialisation);
