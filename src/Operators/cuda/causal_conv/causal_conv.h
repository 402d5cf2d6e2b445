// Depthwise causal convolution over time with a carried window (docs/operators.md, CausalConv1d).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

inline constexpr int kMaximumConvWidth = 16;

/// Pointers are to device memory.
template <typename T>
struct CausalConvArguments {
  /// First channel read of the first token; rows are `input_stride` elements apart, [batch, length].
  const T* input;
  int64_t input_stride;
  /// [channels, width].
  const float* weight;
  /// [channels]; may be null.
  const float* bias;
  /// [batch, width - 1, channels], oldest first; null only when width is 1.
  const T* past_window;
  /// [batch, length, channels].
  T* output;
  /// As `past_window`; may be the same buffer.
  T* present_window;
  int64_t batch;
  int64_t length;
  int64_t channels;
  int width;
  bool silu;
  /// Whether no earlier work of the stream writes weight or bias, so that they may be fetched before that has ended.
  bool constant_weight;
};

/// Starts the convolution of `length` >= 1 tokens. T is float, __half or __nv_bfloat16.
template <typename T>
cudaError_t CausalConv(const CausalConvArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
