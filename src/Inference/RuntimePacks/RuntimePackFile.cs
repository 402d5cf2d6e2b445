namespace EdgeFleet.Inference.RuntimePacks;

/// <summary>One file of a runtime pack.</summary>
/// <param name="Path">Name in the pack's directory; no separators.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Lower-case hex digest.</param>
public sealed record RuntimePackFile(string Path, long Bytes, string Sha256);
