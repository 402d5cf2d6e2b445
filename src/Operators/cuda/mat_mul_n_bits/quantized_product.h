// Products of few rows with a matrix of 4- or 8-bit weights, bound by reading the matrix once (docs/operators.md, MatMulNBits).
#pragma once

#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

/// Rows of a tensor-core product that one register holds; more are a matrix product's work.
inline constexpr int64_t kMostQuantizedRows = 8;
/// Neighbouring weights of a row that share a scale.
inline constexpr int kQuantizedBlock = 32;

/// Pointers are to device memory.
struct QuantizedProductArguments {
  /// [rows, depth], aligned to 16 bytes.
  const __half* x;
  /// [columns, depth / 32, 4 * bits] bytes, aligned to 16: values above 0, whose zero is 2^(bits-1); of 4 bits the even ones in the low halves.
  const uint8_t* weight;
  /// [columns, depth / 32].
  const __half* scales;
  /// [columns]; may be null.
  const __half* bias;
  /// [rows, columns].
  __half* y;
  int64_t rows;
  int columns;
  /// A multiple of 32.
  int depth;
  /// 4 or 8.
  int bits;
  /// Whether no earlier work of the stream writes weights and scales, so that they may be fetched before that has ended.
  bool constant_weight;
};

/// y = x * (scale * q)^T + bias for 1 to `kMostQuantizedRows` rows: weights are rounded to float16, sums are float32.
cudaError_t FewRowsQuantizedProduct(const QuantizedProductArguments& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
