// CausalConv1d on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "memory/rows.h"
#include "parallel/parallel_for.h"
#include "simd/half.h"
#include "simd/isa.h"

namespace edgefleet {

inline constexpr int kMaxConvolutionWidth = 16;

template <typename T>
struct CausalConv1dArguments {
  Rows<T> input;
  /// [width, channels], oldest tap first; null when only `weight` is given.
  const float* weight_by_tap;
  /// [channels, width]
  const float* weight;
  /// [channels] or null
  const float* bias;
  /// [batch, width - 1, channels]; may be the same memory as `present_window`.
  const T* past_window;
  /// [batch, tokens, channels]
  T* output;
  T* present_window;
  int64_t batch;
  int64_t tokens;
  int64_t channels;
  int width;
  bool silu;
};

EDGEFLEET_KERNEL(CausalConv1dFloat, void(const CausalConv1dArguments<float>&, const ParallelFor&))
EDGEFLEET_KERNEL(CausalConv1dHalf, void(const CausalConv1dArguments<Half>&, const ParallelFor&))

}  // namespace edgefleet
