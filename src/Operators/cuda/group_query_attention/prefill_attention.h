// Attention of several new tokens over a cache, in float16 or bfloat16, on compute capability 9.0 (docs/operators.md, GroupQueryAttention).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "group_query_attention/arguments.h"

namespace edgefleet::cuda {

/// Strides are multiples of 8.
template <typename T>
struct PrefillAttentionArguments : GroupQueryAttentionArguments<T> {
  /// `PrefillAttentionWorkspace` bytes, aligned to 16.
  T* workspace;
  int tokens;
  /// Tokens in the cache before the new ones, of each sequence.
  int past;
};

/// Whether the device has a kernel for these sizes and strides.
template <typename T>
cudaError_t PrefillsAttention(const PrefillAttentionArguments<T>& arguments, bool& prefills);

/// Bytes of device memory that a call needs.
template <typename T>
size_t PrefillAttentionWorkspace(const PrefillAttentionArguments<T>& arguments);

/// Starts the call. Its sums have one order, so that equal inputs give equal bits. T is __half or __nv_bfloat16.
template <typename T>
cudaError_t PrefillAttention(const PrefillAttentionArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
