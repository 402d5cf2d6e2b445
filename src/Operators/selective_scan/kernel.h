// SelectiveScan on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "memory/rows.h"
#include "parallel/parallel_for.h"
#include "simd/half.h"
#include "simd/isa.h"

namespace edgefleet {

template <typename T>
struct SelectiveScanArguments {
  Rows<T> u;
  Rows<T> delta;
  /// [state_size, channels]
  const float* a;
  Rows<T> b;
  Rows<T> c;
  /// [channels] or null
  const float* d;
  /// `data` null when absent
  Rows<T> z;
  /// [channels] or null
  const float* delta_bias;
  /// [batch, state_size, channels]; may be the same memory as `present_state`.
  const float* past_state;
  /// [batch, tokens, channels]
  T* y;
  float* present_state;
  int64_t batch;
  int64_t tokens;
  int64_t channels;
  int64_t state_size;
  bool delta_softplus;
};

EDGEFLEET_KERNEL(SelectiveScanFloat, void(const SelectiveScanArguments<float>&, const ParallelFor&))
EDGEFLEET_KERNEL(SelectiveScanHalf, void(const SelectiveScanArguments<Half>&, const ParallelFor&))

}  // namespace edgefleet
