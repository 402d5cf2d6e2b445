// Scratch memory of the calling thread. It grows to the largest request and is kept, so that a call allocates nothing once warm.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace edgefleet {

class Workspace {
 public:
  Workspace() = default;
  ~Workspace() { std::free(data_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// At least `bytes` of memory, aligned to 64; what it held before is lost when it has to grow.
  void* Reserve(size_t bytes) {
    if (bytes > size_) {
      std::free(data_);
      size_ = 0;
      const size_t rounded = (bytes + 4095) / 4096 * 4096;
      data_ = std::aligned_alloc(4096, rounded);
      if (data_ == nullptr) throw std::bad_alloc();
      size_ = rounded;
    }
    return data_;
  }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace edgefleet
