// A tile of a matrix product that lives in registers: kTileRows rows times a few vectors of columns.
#pragma once

#include "simd/floats.h"

namespace edgefleet::EDGEFLEET_ISA {

/// 6 rows and 4 (or 2) vectors take 24 (or 12) accumulators and leave room for the operands.
inline constexpr int kTileRows = 6;
inline constexpr int kTileColumns = Floats::kRegisters == 32 ? 4 : 2;

/// Where the left operand's rows begin. Rows beyond the last one repeat it; their results are not used.
struct TileRows {
  const float* data[kTileRows];
  int valid;

  EDGEFLEET_INLINE TileRows(const float* matrix, int64_t row_stride, int64_t first, int64_t rows)
      : valid(static_cast<int>(Least(int64_t{kTileRows}, rows - first))) {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) data[r] = matrix + Least(first + r, rows - 1) * row_stride;
  }
};

template <int kColumns>
struct RegisterTile {
  Floats sums[kTileRows][kColumns];

  EDGEFLEET_INLINE void Clear() {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kColumns; ++v) sums[r][v] = Floats::Zero();
    }
  }

  /// Rows of `source`, multiplied by `scale`.
  EDGEFLEET_INLINE void LoadScaled(const TileRows& rows, const float* source, int64_t stride, float scale) {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kColumns; ++v) {
        sums[r][v] = Floats::All(scale) * Load(source + Least(r, rows.valid - 1) * stride + v * kLanes);
      }
    }
  }

  EDGEFLEET_INLINE void ScaleRows(const TileRows& rows, const float* scales) {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kColumns; ++v) sums[r][v] = sums[r][v] * Floats::All(scales[Least(r, rows.valid - 1)]);
    }
  }

  /// sums[r] += sum over k of left[r][k * left_step] * right[k * right_stride].
  EDGEFLEET_INLINE void Accumulate(const TileRows& left, int64_t left_step, const float* right, int64_t right_stride, int64_t depth) {
    int64_t at = 0;
#pragma GCC unroll 2
    for (int64_t k = 0; k < depth; ++k, at += left_step, right += right_stride) {
      Floats vectors[kColumns];
#pragma GCC unroll 4
      for (int v = 0; v < kColumns; ++v) vectors[v] = Load(right + v * kLanes);
#pragma GCC unroll 6
      for (int r = 0; r < kTileRows; ++r) {
        const Floats factor = Floats::All(left.data[r][at]);
#pragma GCC unroll 4
        for (int v = 0; v < kColumns; ++v) sums[r][v] = MulAdd(factor, vectors[v], sums[r][v]);
      }
    }
  }

  /// Calls action(row, vector, sum) for the valid rows.
  template <typename Action>
  EDGEFLEET_INLINE void ForEach(const TileRows& rows, Action action) const {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
      if (r >= rows.valid) break;
#pragma GCC unroll 4
      for (int v = 0; v < kColumns; ++v) action(r, v, sums[r][v]);
    }
  }
};

}  // namespace edgefleet::EDGEFLEET_ISA
