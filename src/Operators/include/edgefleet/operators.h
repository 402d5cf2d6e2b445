// The exported functions of libedgefleet_ops.so and of its siblings for CUDA (docs/operators.md).
#pragma once

#include <onnxruntime_c_api.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Registers the operators of domain `edgefleet` with a session. Needs ONNX Runtime 1.23 or newer.
__attribute__((visibility("default"))) OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options,
                                                                                const OrtApiBase* api_base);

/// The library's version with what its kernels run on, for example `0.1.0 avx512` or `0.1.0 cuda 13.0`.
__attribute__((visibility("default"))) const char* edgefleet_ops_version(void);

/// The operators' version: that of the domain's operator set.
__attribute__((visibility("default"))) int edgefleet_ops_abi(void);

/// Bytes a second of plain reads (fetched ahead as decode does) of a buffer of `bytes` by `threads` threads of its own: the best of
/// `repeats` passes. `bytes` is rounded down to whole MiB and should exceed the caches by far. Not a number when an argument is out of
/// range (threads 1..1024, repeats 1..10000, at least 1 MiB) or there is no memory for it; so for the probes below.
__attribute__((visibility("default"))) double edgefleet_probe_read_bandwidth(int threads, size_t bytes, int repeats);

/// Floating-point operations a second of a float32 matrix product of 1024 x 1024 x 1024 (2 * 1024^3 operations) by the kernel of
/// operator Linear, packing included: the best of `repeats`. What a well-blocked product reaches.
__attribute__((visibility("default"))) double edgefleet_probe_matrix_flops(int threads, int repeats);

/// Floating-point operations a second of fused multiply-adds on registers alone, two a multiply-add, in the widest vectors of the chosen
/// instruction set: the best of `repeats` of about 10 ms. What no product can exceed.
__attribute__((visibility("default"))) double edgefleet_probe_fma_flops(int threads, int repeats);

/// Bytes of device memory that `edgefleet_cuda_argmax` needs for `rows` rows. In the CUDA libraries alone, as the next.
__attribute__((visibility("default"))) int64_t edgefleet_cuda_argmax_workspace(int64_t rows);

/// Starts finding the greatest of each row of `logits`, [rows, columns] of `element_type` (ONNX's number: 1 float32, 10 float16, 16 bfloat16), on a
/// `cudaStream_t`. `tokens` [rows] receives the index, the lowest among equals, or -1 - i where logit i is not a number. All pointers are
/// to device memory. Returns a `cudaError_t`; it neither waits nor allocates, and can be captured into a CUDA graph.
__attribute__((visibility("default"))) int edgefleet_cuda_argmax(const void* logits, int element_type, int64_t rows, int64_t columns,
                                                                 void* workspace, int64_t* tokens, void* stream);

#ifdef __cplusplus
}
#endif
