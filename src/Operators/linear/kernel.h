// The parts of a product y = x * weight^T + bias that one task computes.
#pragma once

#include <cstddef>

#include "simd/isa.h"

namespace edgefleet {

struct LinearOperands {
  const float* x;       // [rows, k]
  const float* weight;  // [n, k]
  const float* bias;    // [n] or null
  float* y;             // [rows, n]
  size_t rows;
  size_t n;
  size_t k;
};

/// Outputs first..last-1 of all rows, with the weights read once from memory: for one row or few.
EDGEFLEET_KERNEL(LinearStream, void(const LinearOperands& operands, size_t first, size_t last))

/// A rectangle of y, with weights packed into `workspace` of `LinearBlockWorkspace` floats: for many rows.
EDGEFLEET_KERNEL(LinearBlock, void(const LinearOperands& operands, size_t first_row, size_t last_row, size_t first, size_t last,
                                   float* workspace))

/// Outputs of one block at most, and inputs that are packed at a time.
inline constexpr size_t kLinearBlockOutputs = 192;
inline constexpr size_t kLinearBlockDepth = 256;
inline constexpr size_t kLinearBlockWorkspace = kLinearBlockOutputs * kLinearBlockDepth;

}  // namespace edgefleet
