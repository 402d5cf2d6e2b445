// The parts of a product with block-quantised weights that one task computes. Activations are int8 with a float scale for each
// block of 32 inputs; sums of a block are exact integers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/isa.h"

namespace edgefleet {

inline constexpr size_t kQuantizedBlock = 32;
inline constexpr size_t kQuantizedTile = 16;

/// Bytes of one block of one activation row: 32 values, their scale and the start of their sums.
inline constexpr size_t kActivationBlockBytes = kQuantizedBlock + sizeof(float) + sizeof(int32_t);

struct QuantizedOperands {
  const uint8_t* activations;  // as QuantizeActivations leaves them
  const uint8_t* weight;       // docs/operators.md, "Quantised weights"
  const uint16_t* scales;      // float16
  const float* bias;           // [n] or null
  float* y;                    // [rows, n]
  size_t rows;
  size_t n;
  size_t blocks;  // K / 32
};

/// Rows that a kernel multiplies at a time. Row r belongs to group g = r / QuantizedGroupRows; within a group of G rows, block b is
/// at b * G * kActivationBlockBytes: G x 32 int8 values, G float scales, G int32 starts. Kernels store weights with
/// 8 (4 bits) or 128 (8 bits) added; a start takes that back: it is minus so many times the sum of the block's values.
EDGEFLEET_DOT_KERNEL(QuantizedGroupRows, size_t())

/// Quantises the rows of one group: q = round(x * 127 / max|x|), scale = max|x| / 127.
EDGEFLEET_DOT_KERNEL(QuantizeActivations, void(const float* x, size_t rows, size_t blocks, size_t bits, uint8_t* group))

/// Bytes of workspace that one task of the kernels below needs.
EDGEFLEET_DOT_KERNEL(QuantizedWorkspace, size_t(size_t blocks, size_t bits))

/// Row tiles (of 16 outputs) first..last-1 for the groups first_group..last_group-1. For 4-bit weights.
EDGEFLEET_DOT_KERNEL(QuantizedProduct4, void(const QuantizedOperands& operands, size_t first_group, size_t last_group, size_t first,
                                              size_t last, uint8_t* workspace))

/// The same for 8-bit weights.
EDGEFLEET_DOT_KERNEL(QuantizedProduct8, void(const QuantizedOperands& operands, size_t first_group, size_t last_group, size_t first,
                                              size_t last, uint8_t* workspace))

}  // namespace edgefleet
