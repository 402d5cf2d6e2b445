// Runs independent tasks on threads that somebody else owns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/flush_denormals.h"

namespace edgefleet {

class ParallelFor {
 public:
  virtual ~ParallelFor() = default;

  /// Calls `task(i)` once for each i of 0..count-1, in any order and on any thread, and returns when all are done.
  /// Tasks must not throw. Denormals are flushed to zero while a task runs.
  template <typename Task>
  void operator()(int64_t count, const Task& task) const {
    if (count == 1) {
      const FlushDenormals flush;
      task(int64_t{0});
      return;
    }
    Run(
        static_cast<size_t>(count),
        [](void* argument, size_t index) {
          const FlushDenormals flush;
          (*static_cast<const Task*>(argument))(static_cast<int64_t>(index));
        },
        const_cast<Task*>(&task));
  }

 protected:
  virtual void Run(size_t count, void (*task)(void*, size_t), void* argument) const = 0;
};

}  // namespace edgefleet
