// QuantizedEmbedding on the CPU (docs/operators.md).
#pragma once

#include <cstdint>

#include "parallel/parallel_for.h"
#include "simd/isa.h"

namespace edgefleet {

struct QuantizedEmbeddingArguments {
  const int64_t* ids;      // [count], each a row of the table
  const int8_t* weight;    // [rows, k]
  const uint16_t* scales;  // float16 [rows, k / 32]
  float* y;                // [count, k]
  int64_t count;
  int64_t k;
};

EDGEFLEET_KERNEL(QuantizedEmbedding, void(const QuantizedEmbeddingArguments&, const ParallelFor&))

}  // namespace edgefleet
