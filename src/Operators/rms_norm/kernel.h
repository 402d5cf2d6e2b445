// RmsNorm on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "memory/rows.h"
#include "parallel/parallel_for.h"
#include "simd/isa.h"

namespace edgefleet {

struct RmsNormArguments {
  Rows<float> x;
  /// [channels] or null
  const float* weight;
  /// `data` null when absent
  Rows<float> gate;
  /// [rows, channels] or null
  const float* skip;
  /// [rows, channels]
  float* y;
  /// [rows, channels] or null
  float* sum;
  int64_t rows;
  int64_t channels;
  int64_t groups;
  float epsilon;
  bool norm_before_gate;
};

EDGEFLEET_KERNEL(RmsNorm, void(const RmsNormArguments&, const ParallelFor&))

}  // namespace edgefleet
