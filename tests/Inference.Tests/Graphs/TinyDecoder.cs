using System.Collections.Immutable;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Tests.Graphs;

/// <summary>
/// A decoder of a few thousand random weights, as a graph and as a double-precision reference: a running sum (recurrent state), then
/// grouped-query attention over a shared buffer if asked for, then a head.
/// </summary>
internal sealed class TinyDecoder
{
    public const int Vocabulary = 37;
    public const int Hidden = 24;
    public const int Heads = 4;
    public const int KvHeads = 2;
    public const int HeadSize = 16;
    public const double Base = 10000;

    private readonly bool _attention;
    private readonly float[] _embedding;
    private readonly float[] _query;
    private readonly float[] _key;
    private readonly float[] _value;
    private readonly float[] _output;
    private readonly float[] _head;

    public TinyDecoder(int seed, bool attention)
    {
        _attention = attention;
        var random = new Random(seed);
        _embedding = Weights(random, Vocabulary * Hidden, 1);
        _query = Weights(random, Hidden * Heads * HeadSize, 0.5f);
        _key = Weights(random, Hidden * KvHeads * HeadSize, 0.5f);
        _value = Weights(random, Hidden * KvHeads * HeadSize, 0.5f);
        _output = Weights(random, Heads * HeadSize * Hidden, 0.3f);
        _head = Weights(random, Hidden * Vocabulary, 0.5f);
    }

    public ArtifactManifest Manifest => new()
    {
        Schema = 1,
        Name = "tiny",
        Architecture = "test",
        Family = _attention ? ModelFamily.Hybrid : ModelFamily.Ssm,
        Target = "cpu",
        Precision = new("fp32", "float32", "float32", "float32"),
        Weights = new("random", 1, ImmutableSortedDictionary<string, string>.Empty),
        Parameters = 0,
        Vocabulary = Vocabulary,
        Layers = 1,
        Hidden = Hidden,
        TrainedContext = null,
        PositionLimit = 512,
        Inputs =
        [
            new("input_ids", InputRole.TokenIds, "int64"),
            new("logits_indices", InputRole.LogitsIndices, "int64"),
            .. _attention
                ? [
                    new InputManifest("last_positions", InputRole.LastPositions, "int32"),
                    new InputManifest("total_length", InputRole.TotalLength, "int32"),
                    new InputManifest("cos", InputRole.RotaryCos, "float32"),
                    new InputManifest("sin", InputRole.RotarySin, "float32"),
                ]
                : ImmutableArray<InputManifest>.Empty,
        ],
        LogitsOutput = "logits",
        Rotary = _attention ? [new("cos", "sin", HeadSize, Base, null)] : [],
        States =
        [
            new(0, StateKind.Recurrent, "past_sum", "present_sum", "float32", [StateManifest.Batch, 1, Hidden], StateUpdate.InPlace),
            .. _attention
                ? [Cache("key"), Cache("value")]
                : ImmutableArray<StateManifest>.Empty,
        ],
        Routes = _attention ? [new(0, "com.microsoft.GroupQueryAttention", "contrib")] : [],
        Cost = new(1, 1, 1, 1, []),
        MinimumOperatorVersion = 0,
        Exporter = "test",
        Tokens = new(null, []),
        Files = [],
    };

    public byte[] ToModel()
    {
        var graph = new GraphDraft();
        graph.Input("input_ids", GraphDraft.Int64, "batch", "tokens");
        graph.Input("logits_indices", GraphDraft.Int64, "positions");
        graph.Input("past_sum", GraphDraft.Float, "batch", 1, Hidden);
        graph.Output("present_sum", GraphDraft.Float, "batch", 1, Hidden);
        graph.Output("logits", GraphDraft.Float, "batch", "positions", Vocabulary);
        var embedded = graph.Node(
            "Gather", [graph.Constant("embedding", _embedding, Vocabulary, Hidden), "input_ids"], ("axis", 0L));
        var scaled = graph.Node("Mul", [embedded, graph.Constant("tenth", [0.1f])]);
        var sums = graph.Node("CumSum", [scaled, graph.Constant("one", [1L])]);
        var hidden = graph.Node("Add", [sums, "past_sum"]);
        graph.Node(
            "Slice", string.Empty,
            [hidden, graph.Constant("last", [-1L], 1), graph.Constant("end", [long.MaxValue], 1), graph.Constant("axis", [1L], 1)],
            ["present_sum"]);
        hidden = graph.Node("Add", [hidden, embedded]);
        if (_attention)
        {
            hidden = Attention(graph, hidden);
        }

        var selected = graph.Node("Gather", [hidden, "logits_indices"], ("axis", 1L));
        graph.Node(
            "MatMul", string.Empty, [selected, graph.Constant("lm_head.weight", _head, Hidden, Vocabulary)], ["logits"]);
        return graph.ToModel();
    }

    /// <summary>Logits of each position, [tokens][vocabulary], in double precision.</summary>
    public double[][] Reference(ReadOnlySpan<long> tokens)
    {
        var sum = new double[Hidden];
        var keys = new List<double[]>();
        var values = new List<double[]>();
        var logits = new double[tokens.Length][];
        for (var t = 0; t < tokens.Length; t++)
        {
            var hidden = new double[Hidden];
            for (var i = 0; i < Hidden; i++)
            {
                double embedded = _embedding[((int)tokens[t] * Hidden) + i];
                sum[i] += 0.1 * embedded;
                hidden[i] = sum[i] + embedded;
            }

            if (_attention)
            {
                keys.Add(Rotate(Multiply(hidden, _key, KvHeads * HeadSize), t));
                values.Add(Multiply(hidden, _value, KvHeads * HeadSize));
                var mixed = Multiply(Attend(Rotate(Multiply(hidden, _query, Heads * HeadSize), t), keys, values), _output, Hidden);
                hidden = [.. hidden.Zip(mixed, static (a, b) => a + b)];
            }

            logits[t] = Multiply(hidden, _head, Vocabulary);
        }

        return logits;
    }

    private static StateManifest Cache(string what) => new(
        0, StateKind.Kv, $"past_{what}", $"present_{what}", "float32",
        [StateManifest.Batch, KvHeads, StateManifest.Capacity, HeadSize], StateUpdate.InPlace);

    private static float[] Weights(Random random, int count, float scale) =>
        [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * scale)];

    private static double[] Multiply(double[] vector, float[] matrix, int columns)
    {
        var result = new double[columns];
        for (var k = 0; k < vector.Length; k++)
        {
            for (var n = 0; n < columns; n++)
            {
                result[n] += vector[k] * matrix[(k * columns) + n];
            }
        }

        return result;
    }

    private static double[] Rotate(double[] heads, int position)
    {
        var rotated = new double[heads.Length];
        for (var head = 0; head < heads.Length; head += HeadSize)
        {
            for (var i = 0; i < HeadSize / 2; i++)
            {
                var (sin, cos) = Math.SinCos(position * Math.Pow(Base, -2.0 * i / HeadSize));
                var (a, b) = (heads[head + i], heads[head + i + (HeadSize / 2)]);
                rotated[head + i] = (a * cos) - (b * sin);
                rotated[head + i + (HeadSize / 2)] = (b * cos) + (a * sin);
            }
        }

        return rotated;
    }

    private static double[] Attend(double[] query, List<double[]> keys, List<double[]> values)
    {
        var result = new double[Heads * HeadSize];
        for (var head = 0; head < Heads; head++)
        {
            var kv = head / (Heads / KvHeads) * HeadSize;
            var weights = keys.Select(key => Math.Exp(
                Enumerable.Range(0, HeadSize).Sum(i => query[(head * HeadSize) + i] * key[kv + i]) / Math.Sqrt(HeadSize))).ToArray();
            var total = weights.Sum();
            for (var i = 0; i < HeadSize; i++)
            {
                result[(head * HeadSize) + i] = weights.Select((weight, t) => weight * values[t][kv + i]).Sum() / total;
            }
        }

        return result;
    }

    private string Attention(GraphDraft graph, string hidden)
    {
        graph.Input("last_positions", GraphDraft.Int32, "batch");
        graph.Input("total_length", GraphDraft.Int32);
        graph.Input("cos", GraphDraft.Float, "capacity", HeadSize / 2);
        graph.Input("sin", GraphDraft.Float, "capacity", HeadSize / 2);
        foreach (var what in (ReadOnlySpan<string>)["key", "value"])
        {
            graph.Input($"past_{what}", GraphDraft.Float, "batch", KvHeads, "capacity", HeadSize);
            graph.Output($"present_{what}", GraphDraft.Float, "batch", KvHeads, "capacity", HeadSize);
        }

        var query = graph.Node("MatMul", [hidden, graph.Constant("query", _query, Hidden, Heads * HeadSize)]);
        var key = graph.Node("MatMul", [hidden, graph.Constant("key", _key, Hidden, KvHeads * HeadSize)]);
        var value = graph.Node("MatMul", [hidden, graph.Constant("value", _value, Hidden, KvHeads * HeadSize)]);
        var attention = graph.Node(
            "GroupQueryAttention", "com.microsoft",
            [query, key, value, "past_key", "past_value", "last_positions", "total_length", "cos", "sin"],
            ["attention", "present_key", "present_value"],
            ("num_heads", (long)Heads), ("kv_num_heads", (long)KvHeads), ("do_rotary", 1L));
        var projected = graph.Node("MatMul", [attention, graph.Constant("output", _output, Heads * HeadSize, Hidden)]);
        return graph.Node("Add", [hidden, projected]);
    }
}
