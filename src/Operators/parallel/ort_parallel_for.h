// The session's intra-op thread pool.
#pragma once

#include <onnxruntime_c_api.h>

#include "parallel/parallel_for.h"

namespace edgefleet {

class OrtParallelFor final : public ParallelFor {
 public:
  explicit OrtParallelFor(const OrtKernelContext* context) : context_(context) {}

 protected:
  void Run(size_t count, void (*task)(void*, size_t), void* argument) const override;

 private:
  const OrtKernelContext* context_;
};

}  // namespace edgefleet
