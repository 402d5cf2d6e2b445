// The parts of an attention that one task computes.
#pragma once

#include <cstddef>

#include "attention/arguments.h"
#include "simd/isa.h"

namespace edgefleet {

/// Keys that are scored at a time.
inline constexpr size_t kAttentionKeys = 192;

/// Queries of one batch row that share a key/value head, and the keys that they look at: positions first_key..last_key-1.
struct AttentionTask {
  size_t batch_row;
  size_t kv_head;
  size_t first_token;
  size_t last_token;
  size_t first_key;
  size_t last_key;
  // Null: the output is final. Else [rows, head_size + 2]: sums of exp(score - maximum) * value, their weights' sum and the maximum,
  // for row (token - first_token) * group + head within the group.
  float* partial;
};

/// Writes the rows first_token..last_token-1 of a key/value head into the cache, keys normed and rotated.
EDGEFLEET_KERNEL(AttentionAppend, void(const AttentionArguments& arguments, size_t batch_row, size_t kv_head, size_t first_token,
                                       size_t last_token))

/// Bytes of workspace that AttentionBlock needs for a number of rows (tokens * group).
EDGEFLEET_KERNEL(AttentionWorkspace, size_t(size_t rows, size_t head_size))

EDGEFLEET_KERNEL(AttentionBlock, void(const AttentionArguments& arguments, const AttentionTask& task, void* workspace))

/// Joins `parts` partial results of one task, which lie one after another, into the output.
EDGEFLEET_KERNEL(AttentionMerge, void(const AttentionArguments& arguments, const AttentionTask& task, size_t parts))

}  // namespace edgefleet
