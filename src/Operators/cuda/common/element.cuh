// Element types of activations: storage in T, arithmetic in float.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

namespace edgefleet::cuda {

__device__ __forceinline__ float ToFloat(float value) { return value; }
__device__ __forceinline__ float ToFloat(__half value) { return __half2float(value); }
__device__ __forceinline__ float ToFloat(__nv_bfloat16 value) { return __bfloat162float(value); }

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
template <>
__device__ __forceinline__ __nv_bfloat16 FromFloat<__nv_bfloat16>(float value) {
  return __float2bfloat16_rn(value);
}

/// Whether T is one of the types that the tensor cores multiply and that are read in pairs.
template <typename T>
inline constexpr bool kIsHalfWidth = sizeof(T) == 2;

template <typename T>
struct PairOf;
template <>
struct PairOf<__half> {
  using Type = __half2;
};
template <>
struct PairOf<__nv_bfloat16> {
  using Type = __nv_bfloat162;
};

/// Two neighbouring elements of a 16-bit type.
template <typename T>
using Pair = typename PairOf<T>::Type;

__device__ __forceinline__ float2 ToFloats(__half2 pair) { return __half22float2(pair); }
__device__ __forceinline__ float2 ToFloats(__nv_bfloat162 pair) { return __bfloat1622float2(pair); }

template <typename T>
__device__ __forceinline__ Pair<T> FromFloats(float first, float second);
template <>
__device__ __forceinline__ __half2 FromFloats<__half>(float first, float second) {
  return __floats2half2_rn(first, second);
}
template <>
__device__ __forceinline__ __nv_bfloat162 FromFloats<__nv_bfloat16>(float first, float second) {
  return __floats2bfloat162_rn(first, second);
}

/// A pair in a register, as the tensor cores' operands hold it.
template <typename T>
__device__ __forceinline__ float2 Unpack(uint32_t pair) {
  return ToFloats(*reinterpret_cast<const Pair<T>*>(&pair));
}

template <typename T>
__device__ __forceinline__ uint32_t Pack(float first, float second) {
  const Pair<T> pair = FromFloats<T>(first, second);
  return *reinterpret_cast<const uint32_t*>(&pair);
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

/// Whether a vector's elements are read and written as pairs: single elements of 16 bits would each have a register of their own, twice as many as
/// the vector has, for bfloat16 always and for float16 where the compiler takes them apart early.
template <typename T, int kCount>
inline constexpr bool kInPairs = kIsHalfWidth<T> && kCount % 2 == 0;

/// Element `i`, which is known to the compiler.
template <typename T, int kCount>
__device__ __forceinline__ float ToFloat(const Vector<T, kCount>& vector, int i) {
  if constexpr (kInPairs<T, kCount>) {
    const uint32_t pair = reinterpret_cast<const uint32_t*>(vector.element)[i / 2];
    if constexpr (std::is_same_v<T, __nv_bfloat16>) {
      return __uint_as_float(i % 2 == 0 ? pair << 16 : pair & 0xffff0000u);
    } else {
      const float2 both = Unpack<T>(pair);
      return i % 2 == 0 ? both.x : both.y;
    }
  } else {
    return ToFloat(vector.element[i]);
  }
}

template <typename T, int kCount>
__device__ __forceinline__ Vector<T, kCount> FromFloats(const float (&values)[kCount]) {
  Vector<T, kCount> vector;
  if constexpr (kInPairs<T, kCount>) {
#pragma unroll
    for (int i = 0; i < kCount / 2; ++i) reinterpret_cast<uint32_t*>(vector.element)[i] = Pack<T>(values[2 * i], values[2 * i + 1]);
  } else {
#pragma unroll
    for (int i = 0; i < kCount; ++i) vector.element[i] = FromFloat<T>(values[i]);
  }
  return vector;
}

}  // namespace edgefleet::cuda
