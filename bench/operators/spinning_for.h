// A fixed set of threads that spin between tasks, as ONNX Runtime's intra-op threads do by default.
#pragma once

#include <immintrin.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "parallel/parallel_for.h"

namespace edgefleet {

class SpinningFor final : public ParallelFor {
 public:
  explicit SpinningFor(int threads) {
    for (int i = 1; i < threads; i++) workers_.emplace_back([this] { Work(); });
  }
  ~SpinningFor() override {
    stop_.store(true);
    for (std::thread& worker : workers_) worker.join();
  }

 protected:
  void Run(size_t count, void (*task)(void*, size_t), void* argument) const override {
    task_ = task;
    argument_ = argument;
    count_ = count;
    next_.store(0);
    finished_.store(0);
    generation_.fetch_add(1);
    Drain();
    while (finished_.load() != workers_.size()) _mm_pause();
  }

 private:
  void Drain() const {
    for (size_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) task_(argument_, i);
  }
  void Work() const {
    uint64_t seen = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
      if (generation_.load() == seen) {
        _mm_pause();
        continue;
      }
      seen++;
      Drain();
      finished_.fetch_add(1);
    }
  }

  std::vector<std::thread> workers_;
  mutable std::atomic<uint64_t> generation_{0};
  mutable std::atomic<size_t> next_{0};
  mutable std::atomic<size_t> finished_{0};
  std::atomic<bool> stop_{false};
  mutable void (*task_)(void*, size_t) = nullptr;
  mutable void* argument_ = nullptr;
  mutable size_t count_ = 0;
};

}  // namespace edgefleet
