// Starting a kernel on a stream.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "common/device.h"

namespace edgefleet::cuda {

/// Shared memory that a kernel may use without asking.
inline constexpr size_t kDefaultSharedBytes = 48 * 1024;

/// Raises a kernel's limit of dynamic shared memory where needed.
template <typename... Parameters>
cudaError_t RaiseSharedLimit(void (*kernel)(Parameters...), size_t shared_bytes) {
  if (shared_bytes <= kDefaultSharedBytes) return cudaSuccess;
  return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
}

/// Launches and returns the launch's error.
template <typename... Parameters, typename... Arguments>
cudaError_t Launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   Arguments... arguments) {
  if (const cudaError_t error = RaiseSharedLimit(kernel, shared_bytes); error != cudaSuccess) return error;
  kernel<<<grid, block, shared_bytes, stream>>>(arguments...);
  return cudaGetLastError();
}

/// Launches a kernel that may start while the one before it on the stream still runs, where the device can (programmatic dependent
/// launch, compute capability 9.0): it calls `WaitForPrerequisites` before it touches what earlier work makes or still reads.
template <typename... Parameters, typename... Arguments>
cudaError_t LaunchDependent(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                            Arguments... arguments) {
  if (const cudaError_t error = RaiseSharedLimit(kernel, shared_bytes); error != cudaSuccess) return error;
  Device device{};
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t configuration{};
  configuration.gridDim = grid;
  configuration.blockDim = block;
  configuration.dynamicSmemBytes = shared_bytes;
  configuration.stream = stream;
  configuration.attrs = &attribute;
  configuration.numAttrs = device.launches_dependents ? 1 : 0;
  return cudaLaunchKernelEx(&configuration, kernel, arguments...);
}

}  // namespace edgefleet::cuda
