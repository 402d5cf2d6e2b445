using System.Collections.Immutable;

namespace EdgeFleet.Inference.OnnxRuntime;

/// <summary>An input or output of a session.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Type">Element type; undefined for what is not a tensor.</param>
/// <param name="Shape">Dimensions; -1 where the graph leaves one open.</param>
/// <param name="OnHost">Whether the session wants it, or puts it, in host memory.</param>
public sealed record OrtTensorDescription(string Name, OrtElementType Type, ImmutableArray<long> Shape, bool OnHost);
