// StateSpaceDual as a recurrence in float32: a lane holds a column of a head's state, the warps of a block share its rows.
//
// With float32 tensors the state from tile to tile is kept in double: the roundings of a long memory's decays would add up to more
// than 1e-5 of the output. Within a tile h runs in float32 from there for the output, and q from zero for the next state.
#pragma once

#include <type_traits>

#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Columns of a block: one a lane.
inline constexpr int kRecurrentColumns = 32;
/// Tokens between barriers.
inline constexpr int kRecurrentTokens = 16;

template <typename T>
__device__ __forceinline__ T ClampStep(T dt, T least, T most) {
  // Written so that NaN stays.
  const T above = dt < least ? least : dt;
  return above > most ? most : above;
}

/// The step size of a token and head.
template <typename T>
__device__ __forceinline__ float DualStep(const StateSpaceDualArguments<T>& p, float raw) {
  return ClampStep(p.dt_softplus ? Math<T>::Softplus(raw) : raw, p.dt_min, p.dt_max);
}

/// As above in double.
__device__ __forceinline__ double ExactDualStep(const StateSpaceDualArguments<float>& p, double raw) {
  // Above 20, log(1 + e^x) is x in the digits of float32.
  return ClampStep(p.dt_softplus && raw < 20.0 ? log1p(exp(raw)) : raw, static_cast<double>(p.dt_min), static_cast<double>(p.dt_max));
}

/// Brings kStates rows of a column, `h`, one token further, and `q` in the same way where kExact. Answers their share of the output.
/// `b` and `c` are in shared memory, aligned to 16 bytes.
template <bool kExact, int kStates>
__device__ __forceinline__ float AdvanceColumn(float (&h)[kStates], float (&q)[kExact ? kStates : 1], float decay, float x, const float* b,
                                               const float* c) {
  float sums[4] = {};
#pragma unroll
  for (int i = 0; i < kStates; i += 4) {
    const Vector<float, 4> b4 = LoadVector<float, 4>(b + i);
    const Vector<float, 4> c4 = LoadVector<float, 4>(c + i);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const float added = x * b4.element[e];
      h[i + e] = fmaf(decay, h[i + e], added);
      if constexpr (kExact) q[i + e] = fmaf(decay, q[i + e], added);
      sums[e] = fmaf(c4.element[e], h[i + e], sums[e]);
    }
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// The output of a column before its gate: the skip connection and the shares of the warps, a row of the block's columns each.
template <typename T>
__device__ __forceinline__ float JoinShares(float skip, float x, const float* shares, int warps) {
  // Rounded before the sum, so that kernels that share this give the same bits whatever the compiler would contract.
  std::conditional_t<std::is_same_v<T, float>, double, float> sum = __fmul_rn(skip, x);
  for (int w = 0; w < warps; ++w) sum += shares[w * kRecurrentColumns];
  return static_cast<float>(sum);
}

template <typename T, int kStates>
__global__ void StateSpaceDualRecurrentKernel(const StateSpaceDualArguments<T> p) {
  LetDependentsStart();
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
  constexpr bool kExact = std::is_same_v<T, float>;

  float* b_tile = reinterpret_cast<float*>(DynamicShared());
  float* c_tile = b_tile + kRecurrentTokens * rows;
  float* x_tile = c_tile + kRecurrentTokens * rows;
  float* steps = x_tile + kRecurrentTokens * kRecurrentColumns;
  float* decays = steps + kRecurrentTokens;
  float* partial = decays + kRecurrentTokens;
  double* tile_decay = reinterpret_cast<double*>(partial + kRecurrentTokens * warps * kRecurrentColumns);

  const int64_t state_base = (batch * p.heads + head) * static_cast<int64_t>(p.states) * p.head_size + column;
  // The state, a line a row, comes from memory while the kernel in front still runs.
  if (static_cast<int>(threadIdx.x) < p.states) {
    PrefetchToL2(p.past_state + state_base - lane + static_cast<int64_t>(threadIdx.x) * p.head_size);
  }
  WaitForPrerequisites();
  float h[kStates];
#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    h[i] = active && n < p.states ? p.past_state[state_base + static_cast<int64_t>(n) * p.head_size] : 0.0f;
  }
  double base[kExact ? kStates : 1];
  float q[kExact ? kStates : 1];
  if constexpr (kExact) {
#pragma unroll
    for (int i = 0; i < kStates; ++i) base[i] = h[i];
  }
  [[maybe_unused]] const float rate = p.a[head] * kLog2E;
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
    if (warp == 0) {
      if constexpr (kExact) {
        double sum = 0.0;
        if (lane < tokens) {
          const double dt = ExactDualStep(p, static_cast<double>(p.dt[(row0 + lane) * p.dt_stride + head]) + bias);
          steps[lane] = static_cast<float>(dt);
          decays[lane] = static_cast<float>(exp(dt * p.a[head]));
          sum = dt;
        }
        for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(kFullWarp, sum, distance);
        if (lane == 0) *tile_decay = exp(sum * p.a[head]);
      } else if (lane < tokens) {
        const float dt = DualStep(p, ToFloat(p.dt[(row0 + lane) * p.dt_stride + head]) + bias);
        steps[lane] = dt;
        decays[lane] = Math<T>::Exp2(dt * rate);
      }
    }
    if constexpr (kExact) {
#pragma unroll
      for (int i = 0; i < kStates; ++i) {
        h[i] = static_cast<float>(base[i]);
        q[i] = 0.0f;
      }
    }
    __syncthreads();

    for (int t = 0; t < tokens; ++t) {
      const float decay = decays[t];
      const float x = x_tile[t * kRecurrentColumns + lane] * steps[t];
      const float* b = b_tile + t * rows + first_state;
      const float* c = c_tile + t * rows + first_state;
      partial[(t * warps + warp) * kRecurrentColumns + lane] = AdvanceColumn<kExact>(h, q, decay, x, b, c);
    }
    if constexpr (kExact) {
      const double decay = *tile_decay;
#pragma unroll
      for (int i = 0; i < kStates; ++i) base[i] = fma(base[i], decay, static_cast<double>(q[i]));
    }
    __syncthreads();

    for (int i = static_cast<int>(threadIdx.x); i < tokens * kRecurrentColumns; i += threads) {
      const int t = i / kRecurrentColumns;
      const int col = i % kRecurrentColumns;
      if (first_column + col < p.head_size) {
        float y = JoinShares<T>(skip, x_tile[i], partial + t * warps * kRecurrentColumns + col, warps);
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
    if (!active || n >= p.states) continue;
    float last = h[i];
    if constexpr (kExact) last = static_cast<float>(base[i]);
    p.present_state[state_base + static_cast<int64_t>(n) * p.head_size] = last;
  }
}

template <typename T, int kStates>
cudaError_t LaunchRecurrentDual(const StateSpaceDualArguments<T>& p, cudaStream_t stream) {
  const size_t warps = static_cast<size_t>((p.states + kStates - 1) / kStates);
  // Behind the floats a double.
  const size_t floats = kRecurrentTokens * (2 * warps * kStates + kRecurrentColumns + 2 + warps * kRecurrentColumns) + 2;
  const dim3 grid(static_cast<unsigned>((p.head_size + kRecurrentColumns - 1) / kRecurrentColumns), static_cast<unsigned>(p.heads),
                  static_cast<unsigned>(p.batch));
  return LaunchDependent(StateSpaceDualRecurrentKernel<T, kStates>, grid, dim3(static_cast<unsigned>(warps) * 32),
                         floats * sizeof(float), stream, p);
}

}  // namespace edgefleet::cuda
