// Products of few rows with a matrix, bound by reading the matrix once (docs/operators.md, Linear).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

/// More rows are a matrix product's work.
inline constexpr int64_t kMostLinearRows = 8;

/// Pointers are to device memory.
template <typename T>
struct LinearArguments {
  /// First element of the first row; rows are `x_stride` elements apart.
  const T* x;
  int64_t x_stride;
  /// [columns, depth], as checkpoints store it.
  const T* weight;
  /// [columns]; may be null.
  const T* bias;
  /// [rows, columns].
  T* y;
  int64_t rows;
  int columns;
  int depth;
  /// Whether no earlier work of the stream writes the weights, so that they may be fetched before that has ended.
  bool constant_weight;
};

/// y = x * weight^T + bias for 1 to `kMostLinearRows` rows, summed in float32. T is float, __half or __nv_bfloat16.
template <typename T>
cudaError_t FewRowsLinear(const LinearArguments<T>& arguments, cudaStream_t stream);

/// y += bias on each row.
template <typename T>
cudaError_t AddBias(const LinearArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
