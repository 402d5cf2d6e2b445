#include "common/device.h"

#include <array>
#include <mutex>

namespace edgefleet::cuda {
namespace {
constexpr int kMaximumDevices = 64;
}

cudaError_t CurrentDevice(Device& device) {
  static std::mutex mutex;
  static std::array<Device, kMaximumDevices> known{};
  int index = 0;
  if (const cudaError_t error = cudaGetDevice(&index); error != cudaSuccess) return error;
  if (index >= kMaximumDevices) return cudaErrorInvalidDevice;
  const std::lock_guard<std::mutex> lock(mutex);
  Device& entry = known[static_cast<size_t>(index)];
  if (entry.multiprocessors == 0) {
    Device read{};
    cudaError_t error = cudaDeviceGetAttribute(&read.shared_bytes_per_block, cudaDevAttrMaxSharedMemoryPerBlockOptin, index);
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&read.shared_bytes, cudaDevAttrMaxSharedMemoryPerMultiprocessor, index);
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&read.multiprocessors, cudaDevAttrMultiProcessorCount, index);
    int major = 0;
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index);
    if (error != cudaSuccess) return error;
    constexpr int kHopper = 9;
    read.launches_dependents = major >= kHopper;
    entry = read;
  }
  device = entry;
  return cudaSuccess;
}

}  // namespace edgefleet::cuda
