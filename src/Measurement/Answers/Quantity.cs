namespace EdgeFleet.Measurement.Answers;

/// <summary>What candidates are compared in. Less is better in each.</summary>
public enum Quantity
{
    /// <summary>Time to first token, seconds.</summary>
    TimeToFirstToken,

    /// <summary>Time per output token, seconds.</summary>
    TimePerOutputToken,

    /// <summary>Peak memory, bytes.</summary>
    PeakMemory,

    /// <summary>Gross energy of the prefill per prompt token, joules.</summary>
    PrefillEnergy,

    /// <summary>Gross energy of the decode per generated token, joules.</summary>
    DecodeEnergy,
}
