using EdgeFleet.Inference.Decoding;
using EdgeFleet.Inference.Devices;
using EdgeFleet.Inference.OnnxRuntime;
using EdgeFleet.Inference.Tests.Graphs;
using EdgeFleet.Models.Artifacts;
using Xunit;

namespace EdgeFleet.Inference.Tests.Decoding;

public sealed class TensorRtOptionsTests
{
    private static readonly GpuDescription Gpu = new("NVIDIA H200", 9, 0, 132, 1L << 37);

    [Fact]
    public void Operators_of_edgefleet_stay_with_cuda_and_engines_are_kept()
    {
        var options = TensorRtOptions.Of(new TinyDecoder(seed: 1, attention: true).Manifest, new DecoderShape(1, 64), "/cache/engines");

        Assert.Equal(
            ["Attention", "CausalConv1d", "ConvStateSpaceDual", "GatedActivation", "GroupQueryAttention", "Linear", "MatMulNBits", "RmsNorm", "SelectiveScan", "StateSpaceDual"],
            options["trt_op_types_to_exclude"].Split(','));
        Assert.Equal("/cache/engines", options["trt_engine_cache_path"]);
        Assert.Equal("/cache/engines", options["trt_timing_cache_path"]);
        Assert.Equal("0", options["trt_fp16_enable"]);
        Assert.DoesNotContain("trt_profile_min_shapes", options.Keys);
    }

    [Fact]
    public void A_graph_that_goes_to_tensorrt_whole_has_a_profile_for_steps_and_one_for_prefill()
    {
        var manifest = new TinyDecoder(seed: 1, attention: false).Manifest with
        {
            States = [new(0, StateKind.Kv, "past", "present", "float16", [StateManifest.Batch, 2, StateManifest.Capacity, 16], StateUpdate.Append)],
            Precision = new("fp16", "float16", "float16", "float16"),
        };

        var options = TensorRtOptions.Of(manifest, new DecoderShape(3, 64), cache: null);

        Assert.Equal("input_ids:3x1,logits_indices:1,past:3x2x0x16,input_ids:3x1,logits_indices:1,past:3x2x0x16", options["trt_profile_min_shapes"]);
        Assert.Equal("input_ids:3x1,logits_indices:1,past:3x2x63x16,input_ids:3x64,logits_indices:1,past:3x2x0x16", options["trt_profile_opt_shapes"]);
        Assert.Equal("input_ids:3x1,logits_indices:1,past:3x2x63x16,input_ids:3x64,logits_indices:1,past:3x2x63x16", options["trt_profile_max_shapes"]);
        Assert.Equal("1", options["trt_fp16_enable"]);
        Assert.DoesNotContain("trt_engine_cache_path", options.Keys);
    }

    [Fact]
    public void Bfloat16_is_refused_with_what_to_do()
    {
        var manifest = new TinyDecoder(seed: 1, attention: false).Manifest with { Precision = new("bf16", "bfloat16", "bfloat16", "bfloat16") };
        var error = Assert.Throws<RuntimeLoadException>(() => TensorRtOptions.Of(manifest, new DecoderShape(1, 64), cache: null));
        Assert.Contains("Use provider cuda", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_gpu_driver_or_version_has_engines_of_its_own()
    {
        var directories = new[]
        {
            Directory(Gpu, "13.0", "10.3.0", "1.29.0"), Directory(Gpu with { Minor = 7 }, "13.0", "10.3.0", "1.29.0"), Directory(Gpu, "12.6", "10.3.0", "1.29.0"),
            Directory(Gpu, "13.0", "10.13.2", "1.29.0"), Directory(Gpu, "13.0", "10.3.0", "1.30.0"), Directory(Gpu with { Name = "Orin" }, "13.0", "10.3.0", "1.29.0"),
        };

        Assert.Equal("/root/NVIDIA_H200-sm90-cuda13.0-tensorrt10.3.0-onnxruntime1.29.0", directories[0]);
        Assert.Distinct(directories);
        Assert.Equal("/root/.._x-sm90-cuda13.0-tensorrt1-onnxruntime1", Directory(Gpu with { Name = "../x" }, "13.0", "1", "1"));
    }

    [Theory]
    [InlineData(101303, "10.13.3")]
    [InlineData(100300, "10.3.0")]
    [InlineData(8601, null)]
    [InlineData(110000, null)]
    public void Versions_are_read_from_tensorrts_number(int number, string? expected) => Assert.Equal(expected, TensorRtLibrary.Parse(number));

    [Theory]
    [InlineData(91400, "9.14.0")]
    [InlineData(90302, "9.3.2")]
    public void Versions_are_read_from_cudnns_number(long number, string expected) => Assert.Equal(expected, CudnnLibrary.Parse(number));

    [Fact]
    public void A_missing_library_is_named_with_what_to_do()
    {
        var exception = Assert.Throws<RuntimeLoadException>(TensorRtLibrary.Load);

        Assert.Contains("libnvinfer.so.10: no such library", exception.Message, StringComparison.Ordinal);
    }

    private static string Directory(GpuDescription gpu, string driver, string tensorRt, string onnxRuntime) =>
        TensorRtOptions.CacheDirectory("/root", gpu, driver, tensorRt, onnxRuntime);
}
