// Memory for the length of one call.
#pragma once

#include <cstddef>
#include <memory>

#include "registration/kernel_context.h"

namespace edgefleet {

/// Memory of the session's arena. It goes back to the arena when the call returns, while kernels on a device that use it may still run: the
/// arena gives it to later work of the same stream only. After the first calls nothing is allocated.
class Scratch {
 public:
  /// On the host. No memory where `bytes` is 0.
  Scratch(const KernelContext& context, size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  void* data() const { return data_; }

 protected:
  Scratch(const KernelContext& context, const OrtMemoryInfo* memory, size_t bytes);

 private:
  struct ReleaseAllocator {
    void operator()(OrtAllocator* allocator) const;
  };

  std::unique_ptr<OrtAllocator, ReleaseAllocator> allocator_;
  void* data_ = nullptr;
};

}  // namespace edgefleet
