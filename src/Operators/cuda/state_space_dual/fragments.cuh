// Operands of the tensor cores' 16 x 8 x 16 products, and where a lane stands in them.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/element.cuh"

namespace edgefleet::cuda {

/// Two values of T times two of float32, rounded once.
template <typename T>
__device__ __forceinline__ uint32_t Scale(uint32_t pair, float2 by) {
  const float2 values = Unpack<T>(pair);
  return Pack<T>(values.x * by.x, values.y * by.y);
}

/// Which part of a 16 x 8 accumulator tile a lane holds, and which row it addresses in a matrix load.
struct LanePlace {
  /// Rows `tile_row` and `tile_row + 8`, columns `tile_column` and the next.
  int tile_row;
  int tile_column;
  /// Operand a; also operand b stored [k][n], transposed.
  int a_row;
  int a_column;
  /// Operand b stored [n][k]; also operand a stored [k][m], transposed.
  int b_row;
  int b_column;
};

__device__ __forceinline__ LanePlace PlaceOfLane() {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  return {lane / 4, (lane % 4) * 2, lane % 16, (lane / 16) * 8, lane % 8 + (lane / 16) * 8, ((lane / 8) % 2) * 8};
}

}  // namespace edgefleet::cuda
