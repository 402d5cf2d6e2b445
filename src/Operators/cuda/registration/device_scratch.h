#pragma once

#include "registration/scratch.h"

namespace edgefleet {

/// Scratch on the current device.
class DeviceScratch final : public Scratch {
 public:
  /// No memory where `bytes` is 0.
  DeviceScratch(const KernelContext& context, size_t bytes);
};

}  // namespace edgefleet
