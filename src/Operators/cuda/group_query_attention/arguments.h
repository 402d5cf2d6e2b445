// What the kernels of GroupQueryAttention take, however many tokens are new.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

/// Pointers are to device memory. T is __half or __nv_bfloat16.
template <typename T>
struct GroupQueryAttentionArguments {
  /// [batch, tokens, heads * head_size], [batch, tokens, kv_heads * head_size] twice: the first channel to read and the elements from one token to
  /// the next.
  const T* query;
  const T* key;
  const T* value;
  int64_t query_stride;
  int64_t key_stride;
  int64_t value_stride;
  /// [batch, kv_heads, capacity, head_size], rows aligned to 16 bytes; the new tokens' rows are written behind the past's. The past is copied if
  /// the buffers differ.
  const T* past_key;
  const T* past_value;
  T* present_key;
  T* present_value;
  /// [capacity, rotary_half] or null: the second half of the rotated channels is the partner of the first.
  const T* cos;
  const T* sin;
  /// [batch, tokens, heads * head_size].
  T* output;

  int batch;
  int heads;
  int kv_heads;
  int head_size;
  int capacity;
  int rotary_half;
  /// Above 0 for a prefill.
  float scale;
  /// Tokens that a new token sees, itself included; 0 for all.
  int window;
};

}  // namespace edgefleet::cuda
