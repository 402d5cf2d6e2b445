namespace EdgeFleet.Agent.Output;

/// <summary>The noise reference around one run, and the run's spread beside it (docs/measurement.md, noise reference).</summary>
/// <param name="BeforeNanoseconds">Rounds before the run.</param>
/// <param name="AfterNanoseconds">Rounds after it.</param>
/// <param name="SpanNanoseconds">Length of the spans that are compared; null where nothing could be.</param>
/// <param name="ReferenceVariation">Coefficient of variation of the reference over spans.</param>
/// <param name="SpanVariation">That of the run over spans; null with one iteration, or without a decode.</param>
/// <param name="IterationVariation">That of the iterations' TPOT, or TTFT without a decode; null with one iteration.</param>
internal sealed record NoiseRow(
    IReadOnlyList<long> BeforeNanoseconds, IReadOnlyList<long> AfterNanoseconds, double? SpanNanoseconds, double? ReferenceVariation, double? SpanVariation, double? IterationVariation);
