#include "cuda/registration/device_scratch.h"

#include <cuda_runtime.h>

#include <array>
#include <mutex>
#include <string>

#include "registration/ort_api.h"

namespace edgefleet {
namespace {

constexpr size_t kMaximumDevices = 64;

/// The runtime's name for the current device's memory; made once a device and process.
const OrtMemoryInfo* CurrentDeviceMemory(const KernelContext& context) {
  static std::mutex mutex;
  static std::array<OrtMemoryInfo*, kMaximumDevices> known{};
  int device = 0;
  const cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) context.Fail(std::string("the current device is not known: ") + cudaGetErrorString(error) + ".");
  const std::lock_guard<std::mutex> lock(mutex);
  OrtMemoryInfo*& memory = known.at(static_cast<size_t>(device));
  if (memory == nullptr) Check(Ort().CreateMemoryInfo("Cuda", OrtDeviceAllocator, device, OrtMemTypeDefault, &memory));
  return memory;
}

}  // namespace

// A lock and the device's name are not worth it for no memory.
DeviceScratch::DeviceScratch(const KernelContext& context, size_t bytes)
    : Scratch(context, bytes == 0 ? nullptr : CurrentDeviceMemory(context), bytes) {}

}  // namespace edgefleet
