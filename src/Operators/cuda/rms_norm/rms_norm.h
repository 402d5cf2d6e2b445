// Root-mean-square normalisation with an optional residual sum and gate (docs/operators.md, RmsNorm).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

/// Pointers are to device memory; rows are tokens.
template <typename T>
struct RmsNormArguments {
  /// First channel read of the first row; rows are `x_stride` elements apart.
  const T* x;
  int64_t x_stride;
  /// [channels]; may be null.
  const float* weight;
  /// May be null.
  const T* gate;
  int64_t gate_stride;
  /// [rows, channels], added to x first; may be null.
  const T* skip;
  /// [rows, channels].
  T* y;
  /// x + skip, [rows, channels]; may be null.
  T* sum;
  int64_t rows;
  int channels;
  int groups;
  float epsilon;
  bool norm_before_gate;
};

/// T is float, __half or __nv_bfloat16.
template <typename T>
cudaError_t RmsNorm(const RmsNormArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
