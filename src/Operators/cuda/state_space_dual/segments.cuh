// How a chunked form cuts time, and what passes between its kernels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "state_space_dual/chunk_steps.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

struct DualSegments {
  int count;
  /// Tokens of a segment, a multiple of kChunk; the last has what is left.
  int64_t length;
  /// What all segments but the last add to the state is summed by these many pieces of each.
  int pieces;
  /// For each batch, head and such piece what it adds to the state; the order within a head is the kernels' own.
  float* states;
  /// [batch, heads, parts]: the sum of dt A of a piece, as an exponent of 2.
  float* decays;
  /// Where the last segment leaves the state.
  float* final_state;

  __host__ __device__ int parts() const { return (count - 1) * pieces; }
};

template <typename T>
size_t DualStateFloats(const StateSpaceDualArguments<T>& p) {
  return static_cast<size_t>(p.batch) * p.heads * p.states * p.head_size;
}

/// Floats that `segments` segments of `pieces` need between the kernels.
template <typename T>
size_t SegmentFloats(const StateSpaceDualArguments<T>& p, int segments, int pieces) {
  if (segments < 2) return 0;
  const size_t parts = static_cast<size_t>(segments - 1) * static_cast<size_t>(pieces);
  // A copy of the state where the caller's is updated in place, the pieces' states, their decays (padded for vectors).
  return DualStateFloats(p) * (parts + 1) + (static_cast<size_t>(p.batch) * p.heads * parts + 3) / 4 * 4;
}

/// At most `count` segments of `pieces`.
template <typename T>
DualSegments CutTime(const StateSpaceDualArguments<T>& p, int count, int pieces) {
  const int64_t chunks = (p.length + kChunk - 1) / kChunk;
  const int64_t all_pieces = static_cast<int64_t>(count) * pieces;
  DualSegments segments{};
  segments.pieces = pieces;
  segments.length = (chunks + all_pieces - 1) / all_pieces * pieces * kChunk;
  // Rounding up the length can leave the last segments empty.
  segments.count = static_cast<int>((p.length + segments.length - 1) / segments.length);
  segments.final_state = p.present_state;
  if (segments.count > 1) {
    const size_t states = DualStateFloats(p);
    float* workspace = static_cast<float*>(p.workspace);
    // Blocks of the first segment may still have to read the past state when one of the last is done.
    if (p.present_state == p.past_state) segments.final_state = workspace;
    segments.states = workspace + states;
    segments.decays = segments.states + states * static_cast<size_t>(segments.parts());
  }
  return segments;
}

/// Copies the last segment's state to where the caller wants it, if it is not there.
template <typename T>
cudaError_t DeliverState(const StateSpaceDualArguments<T>& p, const DualSegments& segments, cudaStream_t stream) {
  if (segments.final_state == p.present_state) return cudaSuccess;
  return cudaMemcpyAsync(p.present_state, segments.final_state, DualStateFloats(p) * sizeof(float), cudaMemcpyDeviceToDevice, stream);
}

}  // namespace edgefleet::cuda
