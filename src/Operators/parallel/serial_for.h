// All tasks on the calling thread.
#pragma once

#include "parallel/parallel_for.h"

namespace edgefleet {

class SerialFor final : public ParallelFor {
 protected:
  void Run(size_t count, void (*task)(void*, size_t), void* argument) const override {
    for (size_t index = 0; index < count; ++index) task(argument, index);
  }
};

}  // namespace edgefleet
