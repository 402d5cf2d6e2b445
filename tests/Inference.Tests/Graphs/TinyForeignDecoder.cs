using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Tests.Graphs;

/// <summary>
/// A decoder as other exporters make them: it appends to its state, wants a mask and positions, and gives logits for all positions. A
/// token's features are the sum of all embeddings so far, its position, and the length of the mask.
/// </summary>
internal static class TinyForeignDecoder
{
    public const int Vocabulary = 11;
    public const int Hidden = 4;

    public static ArtifactManifest Manifest => new TinyDecoder(seed: 0, attention: false).Manifest with
    {
        Architecture = "foreign",
        Vocabulary = Vocabulary,
        Inputs =
        [
            new("input_ids", InputRole.TokenIds, "int64"),
            new("attention_mask", InputRole.AttentionMask, "int64"),
            new("position_ids", InputRole.PositionIds, "int64"),
        ],
        States =
        [
            new StateManifest(
                0, StateKind.Kv, "past", "present", "float32", [StateManifest.Batch, StateManifest.Capacity, Hidden], StateUpdate.Append),
        ],
    };

    public static byte[] ToModel()
    {
        var graph = new GraphDraft();
        graph.Input("input_ids", GraphDraft.Int64, "batch", "tokens");
        graph.Input("attention_mask", GraphDraft.Int64, "batch", "total");
        graph.Input("position_ids", GraphDraft.Int64, "batch", "tokens");
        graph.Input("past", GraphDraft.Float, "batch", "past", Hidden);
        graph.Output("present", GraphDraft.Float, "batch", "total", Hidden);
        graph.Output("logits", GraphDraft.Float, "batch", "tokens", Vocabulary);
        var embedded = graph.Node("Gather", [graph.Constant("embedding", Embedding, Vocabulary, Hidden), "input_ids"], ("axis", 0L));
        graph.Node("Concat", string.Empty, ["past", embedded], ["present"], ("axis", 1L));
        var sums = graph.Node("CumSum", ["present", graph.Constant("one", [1L])]);
        var tokens = graph.Node("Shape", ["input_ids"], ("start", 1L), ("end", 2L));
        var start = graph.Node("Neg", [tokens]);
        var recent = graph.Node("Slice", [sums, start, graph.Constant("end", [long.MaxValue], 1), graph.Constant("axis", [1L], 1)]);
        var positions = graph.Node("Unsqueeze", [graph.Node("Cast", ["position_ids"], ("to", 1L)), graph.Constant("two", [2L], 1)]);
        var mask = graph.Node("Cast", ["attention_mask"], ("to", 1L));
        var length = graph.Node("Unsqueeze", [graph.Node("ReduceSum", [mask, "axis"]), "two"]);
        var features = graph.Node("Concat", [recent, positions, graph.Node("Add", [graph.Node("Mul", [positions, graph.Constant("zero", [0f])]), length])], ("axis", 2L));
        graph.Node(
            "MatMul", string.Empty, [features, graph.Constant("head", Head, Hidden + 2, Vocabulary)], ["logits"]);
        return graph.ToModel();
    }

    /// <summary>Logits of one position, when the call that computes it ends at <paramref name="total"/> tokens.</summary>
    public static double[] Reference(ReadOnlySpan<long> tokens, int position, int total)
    {
        var features = new double[Hidden + 2];
        for (var t = 0; t <= position; t++)
        {
            for (var i = 0; i < Hidden; i++)
            {
                features[i] += Embedding[((int)tokens[t] * Hidden) + i];
            }
        }

        features[Hidden] = position;
        features[Hidden + 1] = total;
        return [.. Enumerable.Range(0, Vocabulary).Select(n => features.Select((value, k) => value * Head[(k * Vocabulary) + n]).Sum())];
    }

    private static ImmutableArray<float> Weights(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static float[] Embedding { get; } = [.. Weights(1, Vocabulary * Hidden)];

    private static float[] Head { get; } = [.. Weights(2, (Hidden + 2) * Vocabulary)];
}
