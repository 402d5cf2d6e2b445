// What a launch needs to know of the current device.
#pragma once

#include <cuda_runtime.h>

namespace edgefleet::cuda {

struct Device {
  int multiprocessors;
  /// Largest dynamic shared memory of a block that asks for it.
  int shared_bytes_per_block;
  /// Shared memory of one multiprocessor.
  int shared_bytes;
  /// Whether a kernel may start before the one in front of it ends.
  bool launches_dependents;
};

/// The current device's properties, read once a device and process.
cudaError_t CurrentDevice(Device& device);

}  // namespace edgefleet::cuda
