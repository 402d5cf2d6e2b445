// y = x * weight^T + bias with block-quantised weights, shared out over threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "parallel/parallel_for.h"
#include "simd/isa.h"

namespace edgefleet {

struct QuantizedWeights {
  const uint8_t* values;
  const uint16_t* scales;
  const float* bias;  // or null
  size_t bits;        // 4 or 8
  size_t n;
  size_t k;  // a multiple of 32
};

void QuantizedProduct(const float* x, size_t rows, const QuantizedWeights& weights, float* y, const ParallelFor& parallel_for, Isa isa);

}  // namespace edgefleet
