using System.Runtime.CompilerServices;
using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Tests.Graphs;
using Xunit;

namespace EdgeFleet.Inference.Tests.OnnxRuntime;

public sealed class FloatingPointEnvironmentTests
{
    [Fact]
    public void Denormals_are_zero_until_the_mode_is_put_back()
    {
        var before = FloatingPointEnvironment.Current();
        float inside;
        float inputInside;
        before.FlushingDenormals().Apply();
        try
        {
            inside = Product(1.2e-38f, 0.5f);
            inputInside = Product(float.Epsilon, 1e30f);
        }
        finally
        {
            before.Apply();
        }

        Assert.Equal(0, inside);
        Assert.Equal(0, inputInside);
        Assert.NotEqual(0, Product(1.2e-38f, 0.5f));
        Assert.NotEqual(0, Product(float.Epsilon, 1e30f));
    }

    [Fact]
    public void Neither_opening_nor_running_a_session_that_flushes_denormals_changes_the_callers_mode()
    {
        using var session = TinySession.Open(
            new TinyDecoder(seed: 1, attention: false), new DecoderOptions { DenormalsAsZero = true, Threads = 1 });
        Assert.NotEqual(0, Product(1.2e-38f, 0.5f));
        using var decoder = new Decoder(session, new DecoderShape(1, 8), TestContext.Current.CancellationToken);

        decoder.Prefill([1, 2, 3]);

        Assert.NotEqual(0, Product(1.2e-38f, 0.5f));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Product(float a, float b) => a * b;
}
