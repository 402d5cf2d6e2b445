// Device memory for the length of one call.
#pragma once

#include <cstddef>

#include "registration/kernel_context.h"

namespace edgefleet {

/// Memory of the session's arena on the current device. It goes back to the arena when the call returns, while kernels that use it may
/// still run: the arena gives it to later work of the same stream only. After the first calls nothing is allocated on the device.
class DeviceScratch {
 public:
  /// No memory where `bytes` is 0.
  DeviceScratch(const KernelContext& context, size_t bytes);
  ~DeviceScratch();
  DeviceScratch(const DeviceScratch&) = delete;
  DeviceScratch& operator=(const DeviceScratch&) = delete;

  void* data() const { return data_; }

 private:
  OrtAllocator* allocator_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace edgefleet
