// The step sizes of a chunk of tokens, and what the chunked forms need of them.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/element.cuh"
#include "common/math.cuh"
#include "state_space_dual/recurrent.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

inline constexpr int kChunk = 64;

struct ChunkSteps {
  float cumulative[kChunk];
  float steps[kChunk];
  float weights[kChunk];
};

/// The raw steps of tokens 2 * lane and 2 * lane + 1 of a chunk, as they come from memory: a conversion would wait for them.
template <typename T>
struct RawSteps {
  T first;
  T second;
};

template <typename T>
__device__ __forceinline__ RawSteps<T> LoadSteps(const T* dt, int64_t stride, int64_t t0, int64_t end) {
  const int64_t t = t0 + 2 * (static_cast<int>(threadIdx.x) % 32);
  RawSteps<T> raw{};
  if (t < end) raw.first = dt[t * stride];
  if (t + 1 < end) raw.second = dt[(t + 1) * stride];
  return raw;
}

/// Step sizes, their running sums and their weights in the next state; by one warp.
template <typename T>
__device__ __forceinline__ void SumSteps(const StateSpaceDualArguments<T>& p, RawSteps<T> raw, float bias, int64_t t0, int64_t end,
                                         float rate, ChunkSteps& to) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const float dt0 = t0 + 2 * lane < end ? DualStep(p, ToFloat(raw.first) + bias) : 0.0f;
  const float dt1 = t0 + 2 * lane + 1 < end ? DualStep(p, ToFloat(raw.second) + bias) : 0.0f;
  float sum = dt0 * rate + dt1 * rate;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    const float before = __shfl_up_sync(kFullWarp, sum, distance);
    if (lane >= distance) sum += before;
  }
  const float before = __shfl_up_sync(kFullWarp, sum, 1);
  const float last = __shfl_sync(kFullWarp, sum, 31);
  const float middle = (lane == 0 ? 0.0f : before) + dt0 * rate;
  *reinterpret_cast<float2*>(to.steps + 2 * lane) = make_float2(dt0, dt1);
  *reinterpret_cast<float2*>(to.cumulative + 2 * lane) = make_float2(middle, sum);
  *reinterpret_cast<float2*>(to.weights + 2 * lane) = make_float2(dt0 * Fast::Exp2(last - middle), dt1 * Fast::Exp2(last - sum));
}

}  // namespace edgefleet::cuda
