// Operands of one call of Attention (docs/operators.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefleet {

struct AttentionArguments {
  // [batch, tokens, heads * head_size]: the first channel to read and the floats from one token to the next.
  const float* query;
  const float* key;
  const float* value;
  size_t query_stride;
  size_t key_stride;
  size_t value_stride;
  // [batch, kv_heads, capacity, head_size]; the new tokens' rows are written. Past rows are copied if the buffers differ.
  const float* past_key;
  const float* past_value;
  float* present_key;
  float* present_value;
  // [positions, rotary_half] or null
  const float* cos;
  const float* sin;
  // [head_size] or null
  const float* query_norm;
  const float* key_norm;
  // [batch, tokens, heads * head_size]
  float* output;

  size_t batch;
  size_t tokens;
  size_t heads;
  size_t kv_heads;
  size_t head_size;
  size_t capacity;
  size_t past;
  size_t rotary_half;
  bool rotary_interleaved;
  float norm_epsilon;
  float scale;
  // Tokens that a token sees, itself included.
  size_t window;

  size_t group() const { return heads / kv_heads; }
};

}  // namespace edgefleet
