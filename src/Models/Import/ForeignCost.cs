using EdgeFleet.Models.Artifacts;
using EdgeFleet.Models.Onnx.Format;

namespace EdgeFleet.Models.Import;

/// <summary>Costs of a foreign graph, from the shapes of its weights and the attributes of its attention.</summary>
internal static class ForeignCost
{
    /// <summary>Numbers of parameters: floating-point weights, and quantised ones by their unpacked sizes.</summary>
    public static long Parameters(ForeignGraph graph)
    {
        var quantized = graph.Nodes.Where(IsQuantizedProduct).ToList();
        var packed = quantized.SelectMany(node => node.Input.Skip(1)).ToHashSet(StringComparer.Ordinal);
        var dense = graph.Initializers.Values.Where(tensor => tensor.IsFloat && !packed.Contains(tensor.Name)).Sum(tensor => tensor.Elements);
        return checked(dense + quantized.DistinctBy(node => node.Input[1]).Sum(Elements));
    }

    /// <summary>The costs.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="vocabulary">Rows of the logits, by which the head is told from other projections.</param>
    /// <param name="headSize">Channels per attention head; 0 without attention.</param>
    /// <param name="heads">Query heads where nodes do not say.</param>
    /// <param name="attentionLayers">Layers with keys and values.</param>
    public static CostManifest Of(ForeignGraph graph, int vocabulary, long headSize, int? heads, int attentionLayers)
    {
        long flop = 0, headFlop = 0, pair = 0;
        var windows = new SortedDictionary<int, long>();
        foreach (var node in graph.Nodes)
        {
            if (ProductElements(graph, node) is var elements and > 0)
            {
                if (headFlop == 0 && IsHead(graph, node, vocabulary))
                    headFlop = 2 * elements;
                else
                    flop = checked(flop + (2 * elements));
            }
            else if (node.OpType is "GroupQueryAttention" or "MultiHeadAttention" or "Attention")
            {
                var cost = 4 * Int(node, "num_heads", Int(node, "q_num_heads", heads ?? 0)) * headSize;
                if (Int(node, "local_window_size", -1) is var window and > 0)
                    windows[(int)window] = windows.GetValueOrDefault((int)window) + cost;
                else
                    pair += cost;
            }
        }

        if (pair == 0 && windows.Count == 0)
            pair = 4 * (heads ?? 0) * headSize * attentionLayers;
        return new CostManifest(
            WeightBytes(graph), flop, headFlop, pair, [.. windows.Select(window => new WindowCostManifest(window.Key, window.Value))]);
    }

    // Tables that are only gathered from are read one row a token; everything else once a step.
    private static long WeightBytes(ForeignGraph graph)
    {
        var gathered = graph.Nodes
            .Where(node => node.OpType is "Gather" or "GatherBlockQuantized" && node.Input.Count > 0)
            .SelectMany(node => node.OpType == "Gather" ? node.Input.Take(1) : node.Input.Where((_, index) => index != 1))
            .ToHashSet(StringComparer.Ordinal);
        gathered.ExceptWith(graph.Nodes.Where(node => node.OpType is not ("Gather" or "GatherBlockQuantized")).SelectMany(node => node.Input));
        return graph.Initializers.Values.Sum(tensor => gathered.Contains(tensor.Name) && tensor.Shape.Length > 1
            ? tensor.Bytes / Math.Max(1, tensor.Shape[0])
            : tensor.Bytes);
    }

    private static bool IsQuantizedProduct(NodeProto node) => node.OpType == "MatMulNBits" && node.Input.Count >= 2;

    private static long Elements(NodeProto node) => checked(Int(node, "N", 0) * Int(node, "K", 0));

    private static long ProductElements(ForeignGraph graph, NodeProto node)
    {
        if (IsQuantizedProduct(node))
            return Elements(node);

        return node.OpType is "MatMul" or "Gemm" or "FusedMatMul" && node.Input.Count >= 2
            && graph.Initializers.TryGetValue(node.Input[1], out var weight)
            ? weight.Elements
            : 0;
    }

    private static bool IsHead(ForeignGraph graph, NodeProto node, int vocabulary) => IsQuantizedProduct(node)
        ? Int(node, "N", 0) == vocabulary
        : graph.Initializers[node.Input[1]].Shape.Contains(vocabulary);

    private static long Int(NodeProto node, string name, long fallback) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.I ?? fallback;
}
