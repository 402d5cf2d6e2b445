// Threads of one measurement: started, told to begin together, and joined.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "parallel/parallel_for.h"

namespace edgefleet {

class ProbeThreads final : public ParallelFor {
 public:
  explicit ProbeThreads(int threads) : threads_(threads) {}

 protected:
  void Run(size_t count, void (*task)(void*, size_t), void* argument) const override {
    std::atomic<size_t> next{0};
    const auto work = [&] {
      for (size_t index = next++; index < count; index = next++) task(argument, index);
    };
    std::vector<std::thread> others;
    for (int i = 1; i < threads_; i++) others.emplace_back(work);
    work();
    for (auto& other : others) other.join();
  }

 private:
  int threads_;
};

}  // namespace edgefleet
