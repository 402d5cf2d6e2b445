// Attention of several new tokens over a cache, in float16 or bfloat16, on compute capability 9.0 (docs/operators.md, GroupQueryAttention).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace edgefleet::cuda {

/// Pointers are to device memory.
template <typename T>
struct PrefillAttentionArguments {
  /// [batch, tokens, heads * head_size], [batch, tokens, kv_heads * head_size] twice: the first channel to read and the elements from one token to
  /// the next, multiples of 8.
  const T* query;
  const T* key;
  const T* value;
  int64_t query_stride;
  int64_t key_stride;
  int64_t value_stride;
  /// [batch, kv_heads, capacity, head_size]; the new tokens' rows are written behind the past's. The past is copied if the buffers differ.
  const T* past_key;
  const T* past_value;
  T* present_key;
  T* present_value;
  /// [capacity, rotary_half] or null: the second half of the rotated channels is the partner of the first.
  const T* cos;
  const T* sin;
  /// [batch, tokens, heads * head_size].
  T* output;
  /// `PrefillAttentionWorkspace` bytes, aligned to 16.
  T* workspace;

  int batch;
  int tokens;
  /// Tokens in the cache before the new ones, of each sequence.
  int past;
  int heads;
  int kv_heads;
  int head_size;
  int capacity;
  int rotary_half;
  /// Above 0.
  float scale;
  /// Tokens that a new token sees, itself included; 0 for all.
  int window;
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
