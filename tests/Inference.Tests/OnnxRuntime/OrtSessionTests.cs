using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Tests.Graphs;
using Xunit;

namespace EdgeFleet.Inference.Tests.OnnxRuntime;

public sealed class OrtSessionTests
{
    private static OnnxRuntimeLibrary Library => TestPack.Current.Load();

    [Fact]
    public void The_library_tells_version_and_providers()
    {
        Assert.Matches(@"^1\.\d+\.\d+$", Library.Version);
        Assert.Contains("CPUExecutionProvider", Library.AvailableProviders);
        Assert.NotEmpty(Library.BuildInfo);
    }

    [Fact]
    public void Inputs_and_outputs_are_described()
    {
        using var options = new OrtSessionOptions(Library);
        using var session = OrtSession.Open(new TinyDecoder(seed: 1, attention: true).ToModel(), options);

        var ids = session.Inputs.Single(static input => input.Name == "input_ids");
        Assert.Equal(OrtElementType.Int64, ids.Type);
        Assert.Equal([-1, -1], ids.Shape);
        Assert.True(ids.OnHost);
        Assert.Empty(session.Inputs.Single(static input => input.Name == "total_length").Shape);
        Assert.Equal([-1, -1, TinyDecoder.Vocabulary], session.Outputs.Single(static output => output.Name == "logits").Shape);
    }

    [Fact]
    public void A_model_that_is_none_is_an_error_with_code_and_call()
    {
        using var options = new OrtSessionOptions(Library);

        var exception = Assert.Throws<OnnxRuntimeException>(() => OrtSession.Open("no model"u8, options));

        Assert.Equal(OrtErrorCode.InvalidProtobuf, exception.Code);
        Assert.Equal("CreateSessionFromArray", exception.Call);
        Assert.NotEmpty(exception.Detail);
    }

    [Fact]
    public void A_model_file_that_does_not_exist_is_named()
    {
        using var options = new OrtSessionOptions(Library);

        var exception = Assert.Throws<OnnxRuntimeException>(() => OrtSession.Open("/nowhere/model.onnx", options));

        Assert.Contains("/nowhere/model.onnx", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_provider_that_the_library_lacks_is_an_error_that_names_it()
    {
        using var options = new OrtSessionOptions(Library);
        Assert.SkipWhen(Library.AvailableProviders.Contains("CUDAExecutionProvider"), "This build of ONNX Runtime has CUDA.");

        var exception = Assert.Throws<OnnxRuntimeException>(() => options.AppendCuda(new Dictionary<string, string> { ["device_id"] = "0" }, stream: 0));

        Assert.Contains("CUDA", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Terminate_ends_a_run_and_clearing_allows_the_next()
    {
        using var options = new OrtSessionOptions(Library);
        using var session = OrtSession.Open(LongChain(1, 4), options);
        var binding = Bind(session, 4, out var cleanup);
        using var memory = cleanup;
        using var run = new OrtRunOptions(Library);
        run.Terminate();

        var exception = Assert.Throws<OnnxRuntimeException>(() => session.Run(binding, run));
        run.ClearTerminate();
        session.Run(binding, run);

        Assert.Contains("terminate", exception.Detail, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Terminate_from_another_thread_ends_a_run_under_way()
    {
        // 4 TFLOP: far longer than it takes to terminate.
        const int size = 1024;
        using var options = new OrtSessionOptions(Library);
        using var session = OrtSession.Open(LongChain(2000, size), options);
        var binding = Bind(session, size, out var cleanup);
        using var memory = cleanup;
        using var run = new OrtRunOptions(Library);
        using var started = new ManualResetEventSlim();

        var running = Task.Run(() =>
        {
            started.Set();
            session.Run(binding, run);
        }, TestContext.Current.CancellationToken);
        started.Wait(TestContext.Current.CancellationToken);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        run.Terminate();

        await Assert.ThrowsAsync<OnnxRuntimeException>(() => running);
    }

    [Fact]
    public void The_arenas_statistics_count_bytes()
    {
        using var options = new OrtSessionOptions(Library);
        using var session = OrtSession.Open(LongChain(3, 64), options);
        var binding = Bind(session, 64, out var cleanup);
        using var memory = cleanup;
        using var run = new OrtRunOptions(Library);
        session.Run(binding, run);
        using var info = OrtMemoryInfo.Host(Library);
        using var allocator = session.CreateAllocator(info);

        var statistics = allocator.Statistics();

        Assert.True(statistics["MaxInUse"] >= 64 * 64 * sizeof(float));
        Assert.True(statistics["TotalAllocated"] >= statistics["MaxInUse"]);
    }

    [Fact]
    public void A_function_newer_than_the_library_is_refused_before_the_table_is_read() => Assert.Throws<NotSupportedException>(
        () => Library.Api.Since(Library.Api.Version + 1, int.MaxValue / 16, "The future"));

    [Fact]
    public void A_disposed_session_is_refused()
    {
        using var options = new OrtSessionOptions(Library);
        var session = OrtSession.Open(LongChain(1, 4), options);
        session.Dispose();

        Assert.Throws<ObjectDisposedException>(() => session.CreateBinding());
    }

    private static byte[] LongChain(int length, int size)
    {
        var graph = new GraphDraft();
        graph.Input("x", GraphDraft.Float, size, size);
        graph.Output("y", GraphDraft.Float, size, size);
        var weight = graph.Constant("w", new float[size * size], size, size);
        var value = "x";
        for (var i = 1; i < length; i++)
        {
            value = graph.Node("MatMul", [value, weight]);
        }

        graph.Node("MatMul", string.Empty, [value, weight], ["y"]);
        return graph.ToModel();
    }

    private static OrtIoBinding Bind(OrtSession session, int size, out Cleanup cleanup)
    {
        using var memory = OrtMemoryInfo.Host(session.Library);
        var allocator = session.CreateAllocator(memory);
        var x = OrtValue.Allocate(allocator, OrtElementType.Float32, [size, size]);
        var y = OrtValue.Allocate(allocator, OrtElementType.Float32, [size, size]);
        var binding = session.CreateBinding();
        binding.BindInput("x", x);
        binding.BindOutput("y", y);
        // The binding shares the values, whose memory is given back to the allocator: in this order.
        cleanup = new Cleanup([binding, x, y, allocator]);
        return binding;
    }

    private sealed class Cleanup(IDisposable[] items) : IDisposable
    {
        public void Dispose()
        {
            foreach (var item in items)
            {
                item.Dispose();
            }
        }
    }
}
