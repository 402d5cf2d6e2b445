using System.Collections.Immutable;
using EdgeFleet.Measurement.Answers;

namespace EdgeFleet.Measurement.Results;

/// <summary>Collects the samples of a scenario's repeats.</summary>
internal sealed class SampleSet(int context, Setting setting)
{
    private readonly Dictionary<Quantity, List<double>> samples = [];

    /// <summary>Adds a repeat's value; null where it was not measured.</summary>
    public void Add(Quantity quantity, double? value)
    {
        if (value is not { } known) return;
        if (!samples.TryGetValue(quantity, out var list)) samples[quantity] = list = [];
        list.Add(known);
    }

    /// <summary>Adds the energy of a whole prefill.</summary>
    public void AddPrefillJoules(double? joules) => Add(Quantity.PrefillEnergy, joules / ((double)context * setting.Batch));

    /// <summary>Adds the energy of a whole decode, which makes one token fewer than are generated.</summary>
    public void AddDecodeJoules(double? joules)
    {
        if (setting.Decode > 1) Add(Quantity.DecodeEnergy, joules / ((setting.Decode - 1.0) * setting.Batch));
    }

    public ImmutableDictionary<Quantity, ImmutableArray<double>> ToImmutable() =>
        samples.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToImmutableArray());
}
