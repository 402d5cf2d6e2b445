using EdgeFleet.Models.Onnx.Format;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Reads attributes of nodes with their defaults.</summary>
internal static class NodeAttributes
{
    public static long Int(this NodeProto node, string name, long fallback) => Find(node, name)?.I ?? fallback;

    public static double Float(this NodeProto node, string name, float fallback) => Find(node, name)?.F ?? fallback;

    public static string Text(this NodeProto node, string name) => Find(node, name)?.S.ToStringUtf8() ?? "";

    private static AttributeProto? Find(NodeProto node, string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
}
