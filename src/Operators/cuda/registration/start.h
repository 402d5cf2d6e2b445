// What the kernels of the CUDA library share.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <memory>
#include <string>

#include "registration/kernel.h"
#include "registration/kernel_context.h"
#include "registration/node_attributes.h"
#include "registration/port.h"

namespace edgefleet {

inline constexpr const char* kCudaProvider = "CUDAExecutionProvider";

/// Runs a launch function on the session's stream and throws when it reports an error. It neither waits nor allocates.
template <typename Arguments>
void Start(const KernelContext& context, cudaError_t (*launch)(const Arguments&, cudaStream_t), const Arguments& arguments) {
  const cudaError_t error = launch(arguments, static_cast<cudaStream_t>(context.GpuStream()));
  if (error != cudaSuccess) {
    context.Fail(std::string("the kernel did not start: ") + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ").");
  }
}

/// The kernel of a node for the type of its activations, float32, float16 or bfloat16.
template <template <typename> class KernelOf>
std::unique_ptr<Kernel> MakeKernelOf(ONNXTensorElementDataType activations, const NodeAttributes& attributes) {
  if (activations == kHalf) return std::make_unique<KernelOf<__half>>(attributes);
  if (activations == kBFloat16) return std::make_unique<KernelOf<__nv_bfloat16>>(attributes);
  return std::make_unique<KernelOf<float>>(attributes);
}

/// A size that a kernel holds in 32 bits.
inline int Narrow(const KernelContext& context, const Tensor& tensor, int64_t size) {
  constexpr int64_t kLargest = INT32_MAX;
  if (size > kLargest) context.Fail(tensor, "has shape " + tensor.shape.ToString(), "dimensions of at most " + std::to_string(kLargest));
  return static_cast<int>(size);
}

}  // namespace edgefleet
