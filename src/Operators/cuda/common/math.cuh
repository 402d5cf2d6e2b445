// Elementary functions, in two precisions: `Fast` for 16-bit tensors (special function unit), `Accurate` for float32 tensors.
#pragma once

#include "common/primitives.cuh"

namespace edgefleet::cuda {

inline constexpr float kLog2E = 1.4426950408889634f;
inline constexpr float kLn2 = 0.6931471805599453f;
/// Above this softplus(x) = x in float32.
inline constexpr float kSoftplusLinear = 20.0f;

struct Fast {
  /// 2^x.
  static __device__ __forceinline__ float Exp2(float x) { return ApproximateExp2(x); }

  /// log(1 + e^x). Below 2^-6 a series replaces the logarithm, which would lose the digits of e^x beside 1.
  static __device__ __forceinline__ float Softplus(float x) {
    const float e = ApproximateExp2(x * kLog2E);
    const float series = e * (1.0f - e * (0.5f - e * (0.33333333f - e * 0.25f)));
    const float logarithm = kLn2 * ApproximateLog2(1.0f + e);
    const float y = e < 0.015625f ? series : logarithm;
    return x > kSoftplusLinear ? x : y;
  }

  /// x / (1 + e^-x).
  static __device__ __forceinline__ float Silu(float x) { return x * ApproximateReciprocal(1.0f + ApproximateExp2(-kLog2E * x)); }
};

struct Accurate {
  /// 2^x within one unit in the last place: the special function unit's error would add up over a long recurrence.
  /// Results below 2^-126 become 2^-126.
  static __device__ __forceinline__ float Exp2(float x) {
    const float clamped = x < -126.0f ? -126.0f : (x > 127.0f ? 127.0f : x);
    // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
    const float shifted = clamped + 12582912.0f;
    const float f = clamped - (shifted - 12582912.0f);
    // Taylor series of 2^f for |f| <= 1/2, truncated at 5e-9.
    float y = 1.5252733804059841e-5f;
    y = fmaf(y, f, 1.5403530393381608e-4f);
    y = fmaf(y, f, 1.3333558146428443e-3f);
    y = fmaf(y, f, 9.6181291076284772e-3f);
    y = fmaf(y, f, 5.5504108664821580e-2f);
    y = fmaf(y, f, 2.4022650695910071e-1f);
    y = fmaf(y, f, 6.9314718055994531e-1f);
    y = fmaf(y, f, 1.0f);
    return y * __int_as_float((__float_as_int(shifted) - 0x4b400000 + 127) << 23);
  }

  static __device__ __forceinline__ float Softplus(float x) { return x > kSoftplusLinear ? x : log1pf(expf(x)); }

  static __device__ __forceinline__ float Silu(float x) { return x / (1.0f + expf(-x)); }
};

template <typename T>
struct MathOf {
  using Type = Fast;
};
template <>
struct MathOf<float> {
  using Type = Accurate;
};

/// The functions that suit tensors of T.
template <typename T>
using Math = typename MathOf<T>::Type;

}  // namespace edgefleet::cuda
