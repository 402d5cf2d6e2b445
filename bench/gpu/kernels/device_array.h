// Device memory with an owner, and the checking of every call of the runtime.
#pragma once

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace edgefleet::bench {

/// Ends the program with the call's place when it failed: a figure measured after an error would be worth nothing.
inline void Require(cudaError_t error, const char* what, const char* file, int line) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, cudaGetErrorString(error));
  std::exit(2);
}
#define EDGEFLEET_CUDA(call) ::edgefleet::bench::Require((call), #call, __FILE__, __LINE__)

template <typename T>
class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(size_t size) : size_(size) {
    if (size > 0) EDGEFLEET_CUDA(cudaMalloc(&data_, size * sizeof(T)));
  }
  DeviceArray(DeviceArray&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() const { return data_; }
  size_t size() const { return size_; }
  size_t bytes() const { return size_ * sizeof(T); }

  std::vector<T> ToHost() const {
    std::vector<T> values(size_);
    if (size_ > 0) EDGEFLEET_CUDA(cudaMemcpy(values.data(), data_, bytes(), cudaMemcpyDeviceToHost));
    return values;
  }

  /// Fills with bytes 0xff: NaN in each floating-point format, so that an element that is not written shows.
  void Poison() {
    if (size_ > 0) EDGEFLEET_CUDA(cudaMemset(data_, 0xff, bytes()));
  }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace edgefleet::bench
