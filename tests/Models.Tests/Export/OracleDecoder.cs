using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Models.Tests.Export;

/// <summary>Drives an exported graph as a host does: binds inputs by their roles, carries states from call to call.</summary>
internal sealed class OracleDecoder
{
    private readonly Artifact _artifact;
    private readonly GraphOracle _graph;
    private readonly int _batch;
    private readonly int _capacity;
    private readonly Dictionary<string, OracleTensor> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OracleTensor> _tables = new(StringComparer.Ordinal);
    private int _past;

    public OracleDecoder(Artifact artifact, GraphOracle graph, int batch, int capacity)
    {
        (_artifact, _graph, _batch, _capacity) = (artifact, graph, batch, capacity);
        foreach (var state in artifact.Manifest.States)
        {
            _states.Add(state.Input, OracleTensor.Zeros([.. state.Shape.Select(dimension => dimension switch
            {
                StateManifest.Batch => batch,
                StateManifest.Capacity => capacity,
                _ => (int)dimension,
            })]));
        }

        foreach (var rotary in artifact.Manifest.Rotary)
        {
            var frequencies = OracleRotary.Frequencies(rotary, capacity);
            _tables.Add(rotary.CosInput, Table(frequencies, angle => Math.Cos(angle) * (rotary.Scaling?.AttentionFactor ?? 1)));
            _tables.Add(rotary.SinInput, Table(frequencies, angle => Math.Sin(angle) * (rotary.Scaling?.AttentionFactor ?? 1)));
        }
    }

    /// <summary>Feeds tokens [batch, count] and gives the logits of all of them, [batch, count, vocabulary].</summary>
    public OracleTensor Step(long[][] tokens)
    {
        var count = tokens[0].Length;
        var inputs = new Dictionary<string, OracleTensor>(_states, StringComparer.Ordinal);
        foreach (var input in _artifact.Manifest.Inputs)
            inputs.Add(input.Name, Bind(input, tokens, count));
        var outputs = _graph.Run(inputs);
        foreach (var state in _artifact.Manifest.States)
            _states[state.Input] = outputs[state.Output];
        _past += count;
        return outputs[_artifact.Manifest.LogitsOutput];
    }

    private OracleTensor Bind(InputManifest input, long[][] tokens, int count) => input.Role switch
    {
        InputRole.TokenIds => new OracleTensor([.. tokens.SelectMany(row => row).Select(token => (double)token)], _batch, count),
        InputRole.LogitsIndices => new OracleTensor([.. Enumerable.Range(0, count).Select(index => (double)index)], count),
        InputRole.PastLength => new OracleTensor([_past], 1),
        InputRole.TotalLength => new OracleTensor([_past + count]),
        InputRole.LastPositions => new OracleTensor([.. Enumerable.Repeat((double)(_past + count - 1), _batch)], _batch),
        InputRole.PositionIds => new OracleTensor(
            [.. Enumerable.Repeat(Enumerable.Range(_past, count).Select(position => (double)position), _batch).SelectMany(row => row)], _batch, count),
        InputRole.RotaryCos or InputRole.RotarySin => _tables[input.Name],
        _ => throw new NotSupportedException($"{input.Role}"),
    };

    private OracleTensor Table(double[] frequencies, Func<double, double> function) => new(
        [.. Enumerable.Range(0, _capacity).SelectMany(position => frequencies.Select(frequency => function(position * frequency)))],
        _capacity,
        frequencies.Length);
}
