// Starting a kernel on a stream.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace edgefleet::cuda {

/// Shared memory that a kernel may use without asking.
inline constexpr size_t kDefaultSharedBytes = 48 * 1024;

/// Launches and returns the launch's error. Raises the kernel's limit of dynamic shared memory where needed.
template <typename... Parameters, typename... Arguments>
cudaError_t Launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   Arguments... arguments) {
  if (shared_bytes > kDefaultSharedBytes) {
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
    if (error != cudaSuccess) return error;
  }
  kernel<<<grid, block, shared_bytes, stream>>>(arguments...);
  return cudaGetLastError();
}

}  // namespace edgefleet::cuda
