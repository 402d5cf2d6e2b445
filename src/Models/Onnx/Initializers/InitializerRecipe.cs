using System.Collections.Immutable;

namespace EdgeFleet.Models.Onnx.Initializers;

/// <summary>How the bytes of an initialiser are made from a checkpoint's tensors.</summary>
/// <param name="name">Name in the graph.</param>
/// <param name="type">Element type.</param>
/// <param name="shape">Dimensions.</param>
internal abstract class InitializerRecipe(string name, OnnxElementType type, ImmutableArray<long> shape)
{
    /// <summary>Name in the graph.</summary>
    public string Name => name;

    /// <summary>Element type.</summary>
    public OnnxElementType Type => type;

    /// <summary>Dimensions.</summary>
    public ImmutableArray<long> Shape => shape;

    /// <summary>Bytes of the tensor.</summary>
    public long Bytes => shape.Aggregate((long)type.Bytes(), (bytes, dimension) => checked(bytes * dimension));

    /// <summary>Whether another recipe gives the same bytes.</summary>
    public abstract bool HasSameContent(InitializerRecipe other);
}
