namespace EdgeFleet.Models.Artifacts;

/// <summary>One file of an artifact.</summary>
/// <param name="Path">Name relative to the artifact's directory; no separators.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Lower-case hex digest.</param>
public sealed record FileManifest(string Path, long Bytes, string Sha256);
