// Attention of one new token a sequence over a cache, in float16 or bfloat16 (docs/operators.md, GroupQueryAttention).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "group_query_attention/arguments.h"

namespace edgefleet::cuda {

/// Heads that share a key/value head: rows of a tensor-core product.
inline constexpr int kMostDecodeGroup = 16;
inline constexpr int kLargestDecodeHead = 128;
/// Counters of blocks that are done.
inline constexpr int kDecodeCounters = 1024;

/// Of one new token a sequence.
template <typename T>
struct DecodeAttentionArguments : GroupQueryAttentionArguments<T> {
  /// [batch]: tokens in the cache, on the device, so that a captured call reads it anew. A token beyond the capacity is not written.
  const int32_t* past_length;
  /// `DecodeAttentionWorkspace` bytes.
  float* workspace;
  /// `kDecodeCounters` zeros, which each call leaves as zeros. Calls that share them follow each other on one stream.
  unsigned* counters;
};

/// Whether there is a kernel for these sizes: groups of at most `kMostDecodeGroup`, heads of at most `kLargestDecodeHead` channels, a multiple
/// of 8.
bool DecodesAttention(int64_t heads, int64_t kv_heads, int64_t head_size);

/// Bytes of device memory that a call needs. They follow from the sizes alone, not from how many tokens are in the cache.
template <typename T>
cudaError_t DecodeAttentionWorkspace(const DecodeAttentionArguments<T>& arguments, size_t& bytes);

/// Starts the call: one kernel. Its sums have one order, so that equal inputs give equal bits. T is __half or __nv_bfloat16.
template <typename T>
cudaError_t DecodeAttention(const DecodeAttentionArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
