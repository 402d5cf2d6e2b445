// StateSpaceDual as a recurrence in float32: a lane holds a column of a head's state, the warps of a block share its rows.
#pragma once

#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Columns of a block: one a lane.
inline constexpr int kRecurrentColumns = 32;
/// Tokens between barriers.
inline constexpr int kRecurrentTokens = 16;

/// The step size of a token and head.
template <typename T>
__device__ __forceinline__ float DualStep(const StateSpaceDualArguments<T>& p, float raw) {
  const float dt = p.dt_softplus ? Math<T>::Softplus(raw) : raw;
  // Written so that NaN stays.
  const float above = dt < p.dt_min ? p.dt_min : dt;
  return above > p.dt_max ? p.dt_max : above;
}

template <typename T, int kStates>
__global__ void StateSpaceDualRecurrentKernel(const StateSpaceDualArguments<T> p) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int warps = static_cast<int>(blockDim.x) / 32;
  const int threads = static_cast<int>(blockDim.x);
  const int first_column = static_cast<int>(blockIdx.x) * kRecurrentColumns;
  const int head = static_cast<int>(blockIdx.y);
  const int64_t batch = blockIdx.z;
  const int column = first_column + lane;
  const bool active = column < p.head_size;
  const int rows = warps * kStates;
  const int first_state = warp * kStates;

  float* b_tile = reinterpret_cast<float*>(DynamicShared());
  float* c_tile = b_tile + kRecurrentTokens * rows;
  float* x_tile = c_tile + kRecurrentTokens * rows;
  float* steps = x_tile + kRecurrentTokens * kRecurrentColumns;
  float* decays = steps + kRecurrentTokens;
  float* partial = decays + kRecurrentTokens;

  const int64_t state_base = (batch * p.heads + head) * static_cast<int64_t>(p.states) * p.head_size + column;
  float h[kStates];
#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    h[i] = active && n < p.states ? p.past_state[state_base + static_cast<int64_t>(n) * p.head_size] : 0.0f;
  }
  const float rate = p.a[head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[head];
  const float skip = p.d == nullptr ? 0.0f : p.d[head];
  const int group = head / (p.heads / p.groups);
  const int64_t head_channel = static_cast<int64_t>(head) * p.head_size + first_column;

  for (int64_t t0 = 0; t0 < p.length; t0 += kRecurrentTokens) {
    const int tokens = p.length - t0 < kRecurrentTokens ? static_cast<int>(p.length - t0) : kRecurrentTokens;
    const int64_t row0 = batch * p.length + t0;
    for (int i = static_cast<int>(threadIdx.x); i < tokens * rows; i += threads) {
      const int t = i / rows;
      const int n = i - t * rows;
      const bool valid = n < p.states;
      const int64_t at = static_cast<int64_t>(group) * p.states + n;
      b_tile[i] = valid ? ToFloat(p.b[(row0 + t) * p.b_stride + at]) : 0.0f;
      c_tile[i] = valid ? ToFloat(p.c[(row0 + t) * p.c_stride + at]) : 0.0f;
    }
    for (int i = static_cast<int>(threadIdx.x); i < tokens * kRecurrentColumns; i += threads) {
      const int t = i / kRecurrentColumns;
      const int col = i % kRecurrentColumns;
      x_tile[i] = first_column + col < p.head_size ? ToFloat(p.x[(row0 + t) * p.x_stride + head_channel + col]) : 0.0f;
    }
    if (static_cast<int>(threadIdx.x) < tokens) {
      const float dt = DualStep(p, ToFloat(p.dt[(row0 + threadIdx.x) * p.dt_stride + head]) + bias);
      steps[threadIdx.x] = dt;
      decays[threadIdx.x] = Math<T>::Exp2(dt * rate);
    }
    __syncthreads();

    for (int t = 0; t < tokens; ++t) {
      const float decay = decays[t];
      const float x = x_tile[t * kRecurrentColumns + lane] * steps[t];
      const float* b = b_tile + t * rows + first_state;
      const float* c = c_tile + t * rows + first_state;
      float sum = 0.0f;
#pragma unroll
      for (int i = 0; i < kStates; i += 4) {
        const Vector<float, 4> b4 = LoadVector<float, 4>(b + i);
        const Vector<float, 4> c4 = LoadVector<float, 4>(c + i);
#pragma unroll
        for (int q = 0; q < 4; ++q) {
          h[i + q] = fmaf(decay, h[i + q], x * b4.element[q]);
          sum = fmaf(c4.element[q], h[i + q], sum);
        }
      }
      partial[(t * warps + warp) * kRecurrentColumns + lane] = sum;
    }
    __syncthreads();

    for (int i = static_cast<int>(threadIdx.x); i < tokens * kRecurrentColumns; i += threads) {
      const int t = i / kRecurrentColumns;
      const int col = i % kRecurrentColumns;
      if (first_column + col < p.head_size) {
        float y = skip * x_tile[i];
        for (int w = 0; w < warps; ++w) y += partial[(t * warps + w) * kRecurrentColumns + col];
        const int64_t channel = head_channel + col;
        if (p.z != nullptr) y *= Math<T>::Silu(ToFloat(p.z[(row0 + t) * p.z_stride + channel]));
        p.y[(row0 + t) * static_cast<int64_t>(p.heads) * p.head_size + channel] = FromFloat<T>(y);
      }
    }
    __syncthreads();
  }

#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    if (active && n < p.states) p.present_state[state_base + static_cast<int64_t>(n) * p.head_size] = h[i];
  }
}

template <typename T, int kStates>
cudaError_t LaunchRecurrentDual(const StateSpaceDualArguments<T>& p, cudaStream_t stream) {
  const size_t warps = static_cast<size_t>((p.states + kStates - 1) / kStates);
  const size_t floats = kRecurrentTokens * (2 * warps * kStates + kRecurrentColumns + 2 + warps * kRecurrentColumns);
  const dim3 grid(static_cast<unsigned>((p.head_size + kRecurrentColumns - 1) / kRecurrentColumns), static_cast<unsigned>(p.heads),
                  static_cast<unsigned>(p.batch));
  return Launch(StateSpaceDualRecurrentKernel<T, kStates>, grid, dim3(static_cast<unsigned>(warps) * 32), floats * sizeof(float), stream,
                p);
}

}  // namespace edgefleet::cuda
