// Element types of activations: storage in T, arithmetic in float.
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime.h>

namespace edgefleet::cuda {

__device__ __forceinline__ float ToFloat(float value) { return value; }
__device__ __forceinline__ float ToFloat(__half value) { return __half2float(value); }

template <typename T>
__device__ __forceinline__ T FromFloat(float value);
template <>
__device__ __forceinline__ float FromFloat<float>(float value) {
  return value;
}
template <>
__device__ __forceinline__ __half FromFloat<__half>(float value) {
  return __float2half_rn(value);
}

/// `kCount` neighbouring elements, loaded and stored as one access.
template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Vector {
  T element[kCount];
};

/// Elements of T in the widest access of a thread, 16 bytes.
template <typename T>
inline constexpr int kVectorElements = 16 / static_cast<int>(sizeof(T));

template <typename T, int kCount>
__device__ __forceinline__ Vector<T, kCount> LoadVector(const T* from) {
  return *reinterpret_cast<const Vector<T, kCount>*>(from);
}

template <typename T, int kCount>
__device__ __forceinline__ void StoreVector(T* to, const Vector<T, kCount>& vector) {
  *reinterpret_cast<Vector<T, kCount>*>(to) = vector;
}

}  // namespace edgefleet::cuda
