// What a prefill's attention needs in front: rotated queries, and the new keys and values in the cache.
#pragma once

#include "group_query_attention/prefill_attention.h"

namespace edgefleet::cuda {

/// Starts to write the queries, rotated where their channels are, to the workspace ([batch, heads, tokens, head_size]), and the new tokens' keys,
/// rotated likewise, and values to the present cache, with the past's in front where that is another buffer.
template <typename T>
cudaError_t RotaryAppend(const PrefillAttentionArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
