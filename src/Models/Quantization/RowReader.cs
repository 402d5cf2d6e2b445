namespace EdgeFleet.Models.Quantization;

/// <summary>Provides consecutive rows of a matrix as float32. Calls come from one thread at a time, in order of rows.</summary>
/// <param name="firstRow">First row, from 0.</param>
/// <param name="rows">Receives whole rows.</param>
public delegate void RowReader(long firstRow, Span<float> rows);
