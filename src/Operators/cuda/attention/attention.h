// Causal grouped-query attention over a cache, in float32 (docs/operators.md, Attention).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace edgefleet::cuda {

/// Largest head that a warp holds.
inline constexpr int kMaximumHeadSize = 256;

/// Pointers are to device memory.
struct AttentionArguments {
  /// [batch, tokens, heads * head_size]: the first channel to read and the elements from one token to the next.
  const float* query;
  const float* key;
  const float* value;
  int64_t query_stride;
  int64_t key_stride;
  int64_t value_stride;
  /// [batch, kv_heads, capacity, head_size]; the new tokens' rows are written. The past is copied if the buffers differ.
  const float* past_key;
  const float* past_value;
  float* present_key;
  float* present_value;
  /// Tokens in the cache: on the device, so that a captured call reads it anew. Rows beyond the capacity are neither written nor read.
  const int64_t* past_length;
  /// [positions, rotary_half] or null.
  const float* cos;
  const float* sin;
  /// [head_size] or null.
  const float* query_norm;
  const float* key_norm;
  /// [batch, tokens, heads * head_size].
  float* output;
  /// `AttentionWorkspace` bytes; null where that is 0.
  float* workspace;

  int batch;
  int tokens;
  int heads;
  int kv_heads;
  int head_size;
  int capacity;
  int rotary_half;
  bool rotary_interleaved;
  float norm_epsilon;
  float scale;
  /// Tokens that a token sees, itself included; 0 for all.
  int window;
};

/// Bytes of device memory that a call needs. They follow from the sizes alone, not from how many tokens are in the cache.
cudaError_t AttentionWorkspace(const AttentionArguments& arguments, size_t& bytes);

/// Starts the call.
cudaError_t Attention(const AttentionArguments& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
