// GatedActivation on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "parallel/parallel_for.h"
#include "simd/isa.h"

namespace edgefleet {

enum class GatedActivationFunction { kSilu, kGelu, kGeluTanh };

struct GatedActivationArguments {
  /// [rows, 2 * features]
  const float* x;
  /// [rows, features]
  float* y;
  int64_t rows;
  int64_t features;
  GatedActivationFunction function;
};

EDGEFLEET_KERNEL(GatedActivation, void(const GatedActivationArguments&, const ParallelFor&))

}  // namespace edgefleet
