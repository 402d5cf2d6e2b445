using System.Globalization;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Harness.Bench;

/// <summary>The least that can decode: the same session with everything bound once, run over and over with the same token.</summary>
internal sealed unsafe class BareLoop : IDisposable
{
    private readonly DecoderSession _session;
    private readonly OrtAllocator _allocator;
    private readonly OrtIoBinding _binding;
    private readonly OrtRunOptions _options;
    private readonly List<OrtValue> _values = [];

    /// <summary>Binds a decode step at a fixed position.</summary>
    /// <param name="session">Session on the CPU.</param>
    /// <param name="position">Tokens that count as past.</param>
    /// <param name="capacity">Positions of caches.</param>
    public BareLoop(DecoderSession session, int position, int capacity)
    {
        _session = session;
        using var memory = OrtMemoryInfo.Host(session.Library);
        _allocator = session.Session.CreateAllocator(memory);
        _binding = session.Session.CreateBinding();
        _options = new OrtRunOptions(session.Library);
        foreach (var input in session.Manifest.Inputs)
        {
            BindInput(input, position, capacity);
        }

        foreach (var state in session.Manifest.States)
        {
            long[] shape =
            [
                .. state.Shape.Select(dimension => dimension switch
                {
                    StateManifest.Batch => 1,
                    StateManifest.Capacity => capacity,
                    _ => dimension,
                }),
            ];
            var value = Allocate(OrtElementTypes.Parse(state.Type), shape);
            new Span<byte>((void*)value.Data, checked((int)state.Bytes(1, capacity))).Clear();
            _binding.BindInput(state.Input, value);
            _binding.BindOutput(state.Output, value);
        }

        _binding.BindOutput(session.Manifest.LogitsOutput, Allocate(session.LogitsType, [1, 1, session.Manifest.Vocabulary]));
    }

    /// <summary>Runs a number of steps.</summary>
    public void Run(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            _session.Session.Run(_binding, _options);
        }
    }

    public void Dispose()
    {
        _binding.Dispose();
        _options.Dispose();
        foreach (var value in _values)
        {
            value.Dispose();
        }

        _allocator.Dispose();
    }

    private void BindInput(InputManifest input, int position, int capacity)
    {
        switch (input.Role)
        {
            case InputRole.TokenIds:
                _binding.BindInput(input.Name, Integer(input.Type, [1, 1], 1));
                break;
            case InputRole.LogitsIndices:
                _binding.BindInput(input.Name, Integer(input.Type, [1], 0));
                break;
            case InputRole.PastLength:
                _binding.BindInput(input.Name, Integer(input.Type, [1], position));
                break;
            case InputRole.PositionIds:
                _binding.BindInput(input.Name, Integer(input.Type, [1, 1], position));
                break;
            case InputRole.RotaryCos or InputRole.RotarySin:
                var rotary = _session.Manifest.Rotary.Single(rotary => rotary.CosInput == input.Name || rotary.SinInput == input.Name);
                var cos = new float[capacity * rotary.Dimension / 2];
                var sin = new float[cos.Length];
                RotaryTable.Fill(rotary, capacity, _session.Manifest.TrainedContext, cos, sin);
                var value = Allocate(OrtElementType.Float32, [capacity, rotary.Dimension / 2]);
                (input.Role == InputRole.RotaryCos ? cos : sin).CopyTo(new Span<float>((void*)value.Data, cos.Length));
                _binding.BindInput(input.Name, value);
                break;
            default:
                throw new NotSupportedException($"Input '{input.Name}' has role {input.Role}, which no graph for the CPU has.");
        }
    }

    private OrtValue Integer(string type, long[] shape, long number)
    {
        if (type != "int64")
        {
            throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"Integer inputs are int64 on the CPU, not {type}."));
        }

        var value = Allocate(OrtElementType.Int64, shape);
        *(long*)value.Data = number;
        return value;
    }

    private OrtValue Allocate(OrtElementType type, long[] shape)
    {
        var value = OrtValue.Allocate(_allocator, type, shape);
        _values.Add(value);
        return value;
    }
}
