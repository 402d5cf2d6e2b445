using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.RuntimePacks;
using EdgeFleet.Models.Artifacts;

namespace EdgeFleet.Inference.Tests.Graphs;

/// <summary>Opens graphs of tests on the bundled ONNX Runtime.</summary>
internal static class TinySession
{
    public static DecoderSession Open(TinyDecoder decoder, DecoderOptions? options = null, RuntimePack? pack = null) =>
        Open(decoder.ToModel(), decoder.Manifest, options, pack);

    public static DecoderSession Open(byte[] model, ArtifactManifest manifest, DecoderOptions? options = null, RuntimePack? pack = null)
    {
        var path = Path.Combine(Path.GetTempPath(), $"edgefleet-{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, model);
        try
        {
            return DecoderSession.Open(pack ?? TestPack.Current, manifest, path, options ?? new DecoderOptions { Threads = 2, Spinning = false });
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static long[] Tokens(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (long)random.Next(TinyDecoder.Vocabulary))];
    }
}
