// Fresh random inputs, made on the device.
#pragma once

#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

#include "common/element.cuh"
#include "common/launch.cuh"
#include "kernels/device_array.h"

namespace edgefleet::bench {

/// value = offset + scale * normal, then -exp of it where `negative_exponential`.
struct Distribution {
  float offset = 0.0f;
  float scale = 1.0f;
  bool negative_exponential = false;
};

/// Scale of a random state before `length` tokens. Inputs sustain states of about a tenth. A greater one is forgotten soon, but until
/// then puts outputs hundreds of times their RMS over a long run, where a single rounding of them is more than the limit of errors.
inline float StateScale(int64_t length) {
  constexpr int64_t kLong = 1000;
  return length < kLong ? 1.0f : 0.1f;
}

/// A counter-based generator (the finaliser of splitmix64): the same element gets the same value on each machine.
__device__ inline uint64_t Scramble(uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

template <typename T>
__global__ void FillRandomKernel(T* data, uint64_t size, uint64_t seed, Distribution distribution) {
  const uint64_t step = static_cast<uint64_t>(gridDim.x) * blockDim.x;
  for (uint64_t i = static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += step) {
    const uint64_t bits = Scramble(seed * 0x100000001b3ull + i);
    // Box-Muller.
    const float u1 = (static_cast<float>(bits >> 40) + 1.0f) * (1.0f / 16777217.0f);
    const float u2 = static_cast<float>((bits >> 8) & 0xffffffu) * (1.0f / 16777216.0f);
    const float normal = sqrtf(-2.0f * logf(u1)) * cosf(6.2831853f * u2);
    const float value = distribution.offset + distribution.scale * normal;
    data[i] = cuda::FromFloat<T>(distribution.negative_exponential ? -expf(value) : value);
  }
}

template <typename T>
DeviceArray<T> RandomArray(size_t size, uint64_t seed, Distribution distribution = {}) {
  DeviceArray<T> array(size);
  if (size == 0) return array;
  const size_t blocks = (size + 255) / 256;
  EDGEFLEET_CUDA(cuda::Launch(FillRandomKernel<T>, dim3(static_cast<unsigned>(blocks < 4096 ? blocks : 4096)), dim3(256), 0, nullptr,
                              array.data(), static_cast<uint64_t>(size), seed, distribution));
  return array;
}

}  // namespace edgefleet::bench
