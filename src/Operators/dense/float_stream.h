// Floats that are read once, from memory.
#pragma once

#include <cstddef>

namespace edgefleet::EDGEFLEET_ISA {

/// Fetches into the second-level cache what a stream of floats needs 8 KiB behind `at`. With AVX-512 (an Intel Xeon) the hardware's own
/// prefetch stops at each page and the first level has too few lines in flight for memory's latency: decode gained 11 %. With AVX2 nothing
/// is fetched: on an AMD EPYC (Zen 3) decode is 12 % faster when the hardware's prefetch is left alone (bench/models/models.md).
[[gnu::always_inline]] inline void FetchFloatStream([[maybe_unused]] const float* at) {
#if !defined(__AVX2__) || defined(__AVX512F__)
  constexpr size_t kAhead = 2048;
  __builtin_prefetch(at + kAhead, 0, 2);
#endif
}

}  // namespace edgefleet::EDGEFLEET_ISA
