using System.Collections.Immutable;
using EdgeFleet.Models.Onnx.Format;

namespace EdgeFleet.Models.Import;

/// <summary>What is read of a foreign model: everything but the values of its weights.</summary>
internal sealed record ForeignGraph
{
    /// <summary>Nodes in the file's order.</summary>
    public required ImmutableArray<NodeProto> Nodes { get; init; }

    /// <summary>Inputs that are not initialisers.</summary>
    public required ImmutableArray<ValueInfoProto> Inputs { get; init; }

    /// <summary>Outputs.</summary>
    public required ImmutableArray<ValueInfoProto> Outputs { get; init; }

    /// <summary>Initialisers by name.</summary>
    public required ImmutableDictionary<string, ForeignTensor> Initializers { get; init; }
}
