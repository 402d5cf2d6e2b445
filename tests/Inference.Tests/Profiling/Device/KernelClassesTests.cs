using EdgeFleet.Inference.Profiling;
using EdgeFleet.Inference.Profiling.Device;
using Xunit;

namespace EdgeFleet.Inference.Tests.Profiling.Device;

public sealed class KernelClassesTests
{
    [Theory]
    [InlineData("_ZN9edgefleet4cuda33_GLOBAL__N__0_x_StateSpaceDualChunkedKernelI6__halfEE", OperatorClass.SsmScan)]
    [InlineData("_ZN9edgefleet4cuda28ConvStateSpaceDualStepKernelI6__halfLi16ELi4EEEvNS0_27ConvStateSpaceDualArgumentsIT_EE", OperatorClass.SsmScan)]
    [InlineData("_ZN9edgefleet4cuda16CausalConvKernelI6__halfLi4EEEv", OperatorClass.CausalConv)]
    [InlineData("_ZN5flash22flash_fwd_splitkv_kernelI23Flash_fwd_kernel_traits", OperatorClass.Attention)]
    [InlineData("_ZN5cudnn6fusion21lean_reduction_kernelE", OperatorClass.Attention)]
    [InlineData("cudnn_generated_fort_native_sdpa_sm90_flash_fprop_wgmma_f16", OperatorClass.Attention)]
    [InlineData("_ZN11onnxruntime7contrib4cuda16UnpackRoPEAppendI6__half", OperatorClass.Attention)]
    [InlineData("fmha_cutlassF_f16_aligned_64x64_rf_sm80", OperatorClass.Attention)]
    [InlineData("_ZN11onnxruntime7contrib4cuda25ConcatNewToPastKVI5uint2EEviPKT_", OperatorClass.Attention)]
    [InlineData("nvjet_hsh_128x256_64x4_2x1_v_bz_coopA_TNT", OperatorClass.Gemm)]
    [InlineData("_ZN8internal5gemvx6kernelIii6__halfS1_S1_fLb0ELb1ELb1E", OperatorClass.Gemm)]
    [InlineData("_ZN7cublasLt19splitKreduce_kernelILi32ELi16E", OperatorClass.Gemm)]
    [InlineData("_ZN11onnxruntime4cuda22MatMulFloatInt4KernelI6__half", OperatorClass.Gemm)]
    [InlineData("_ZN11onnxruntime7contrib4cuda24SkipLayerNormKernelSmallI6__halfLj384", OperatorClass.Normalization)]
    [InlineData("_ZN9edgefleet4cuda20GatedActivationKernelI6__half", OperatorClass.Activation)]
    [InlineData("_ZN11onnxruntime4cuda17_UnaryElementWiseI6__halffNS0_7OP_CastIS2_fEELi256ELi4EEEvPKT_PT0_T1_i", OperatorClass.Memory)]
    [InlineData("_ZN11onnxruntime4cuda30_BinaryElementWiseRhsPerChannelI6__halfS2_S2_NS0_6OP_AddIS2_S2_S2_EE", OperatorClass.Elementwise)]
    [InlineData("_ZN11onnxruntime4cuda13_GatherKernelI6__half", OperatorClass.Memory)]
    [InlineData("memcpy host to device", OperatorClass.Memory)]
    [InlineData("_ZN9edgefleet4cuda16ArgMaxPartKernelE", OperatorClass.Sampling)]
    [InlineData("_ZN7unheard3ofIE", OperatorClass.Other)]
    public void A_kernels_class_follows_from_its_name(string name, OperatorClass expected) => Assert.Equal(expected, KernelClasses.Of(name));

    [Fact]
    public void The_head_and_the_look_up_of_tokens_follow_from_where_they_stand()
    {
        string[] step =
        [
            "memcpy host to device", "_GatherKernel", "SkipLayerNorm", "nvjet_projection", "_GatherKernel", "LayerNorm", "_GatherKernel", "nvjet_head", "OP_Cast",
            "ArgMaxPartKernel", "ArgMaxRowKernel", "memcpy device to host",
        ];

        // Two steps, one behind the other.
        var classes = KernelClasses.InOrder([.. step.Concat(step).Select(static (name, at) => new DeviceActivity(name, at, at + 1))]);

        OperatorClass[] expected =
        [
            OperatorClass.Memory, OperatorClass.Embedding, OperatorClass.Normalization, OperatorClass.Gemm, OperatorClass.Memory, OperatorClass.Normalization,
            OperatorClass.Memory, OperatorClass.LmHead, OperatorClass.Memory, OperatorClass.Sampling, OperatorClass.Sampling, OperatorClass.Memory,
        ];
        Assert.Equal([.. expected, .. expected], classes);
    }

    [Theory]
    [InlineData("_ZN5flash16flash_fwd_kernelI23Flash_fwd_kernel_traitsILi64EEEEvNS_16Flash_fwd_paramsE", "flash::flash_fwd_kernel")]
    [InlineData("_ZN9edgefleet4cuda36_GLOBAL__N__12345678_4_a_cu_1234567813RmsNormKernelI6__halfEEv", "edgefleet::cuda::RmsNormKernel")]
    [InlineData("_ZN11onnxruntime4cuda17_UnaryElementWiseI6__halffNS0_7OP_CastIS2_fEEEEv", "onnxruntime::cuda::_UnaryElementWise<OP_Cast>")]
    [InlineData("_Z9transposePf", "transpose")]
    [InlineData("nvjet_hsh_64x8_v", "nvjet_hsh_64x8_v")]
    [InlineData("_ZN99broken", "_ZN99broken")]
    [InlineData("_Z", "_Z")]
    [InlineData("_ZN4294967296xE", "_ZN4294967296xE")]
    public void Names_are_shortened_to_what_people_read(string name, string expected) => Assert.Equal(expected, KernelName.Short(name));
}
