// StateSpaceDual on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "memory/rows.h"
#include "parallel/parallel_for.h"
#include "simd/half.h"
#include "simd/isa.h"

namespace edgefleet {

template <typename T>
struct StateSpaceDualArguments {
  Rows<T> x;
  Rows<T> dt;
  /// [heads]
  const float* a;
  Rows<T> b;
  Rows<T> c;
  /// [heads] or null
  const float* d;
  /// `data` null when absent
  Rows<T> z;
  /// [heads] or null
  const float* dt_bias;
  /// [batch, heads, state_size, head_size]; may be the same memory as `present_state`.
  const float* past_state;
  /// [batch, tokens, heads * head_size]
  T* y;
  float* present_state;
  int64_t batch;
  int64_t tokens;
  int64_t heads;
  int64_t head_size;
  int64_t groups;
  int64_t state_size;
  float dt_min;
  float dt_max;
  bool dt_softplus;
};

EDGEFLEET_KERNEL(StateSpaceDualFloat, void(const StateSpaceDualArguments<float>&, const ParallelFor&))
EDGEFLEET_KERNEL(StateSpaceDualHalf, void(const StateSpaceDualArguments<Half>&, const ParallelFor&))

}  // namespace edgefleet
