// One token of ConvStateSpaceDual in one kernel. A block has up to 32 columns of a head: its last warp convolves their channels of x and
// prepares the step, the others convolve the group's channels of B and C, which all blocks of the group need, and advance the state as
// StateSpaceDualRecurrentKernel does, with the same roundings.
//
// The window may be updated in place. Channels of x are one block's alone. Those of B and C may be overwritten when all blocks of the group have
// read them: blocks count themselves, and the last one writes what it has in registers anyway. The count travels while the state advances.
#pragma once

#include <type_traits>

#include "causal_conv/step.cuh"
#include "common/launch.cuh"
#include "conv_state_space_dual/conv_state_space_dual.h"
#include "state_space_dual/recurrent.cuh"

namespace edgefleet::cuda {

/// A warp for each kStates states, of which more than 64 come with kStates of 16, and one that leads.
template <int kStates>
constexpr int kMostStepThreads = ((kStates < 16 ? 8 : kMaximumDualStates / kStates) + 1) * 32;

template <typename T, int kStates, int kWidth>
__global__ void __launch_bounds__(kMostStepThreads<kStates>) ConvStateSpaceDualStepKernel(const ConvStateSpaceDualArguments<T> p) {
  static_assert(2 * kStates <= 32, "a warp's lanes have the channels of B and C that it advances");
  constexpr bool kExact = std::is_same_v<T, float>;
  constexpr int kStateBarrier = 1;
  LetDependentsStart();
  const CausalConvArguments<T>& conv = p.convolution;
  const StateSpaceDualArguments<T>& dual = p.recurrence;
  const int thread = static_cast<int>(threadIdx.x);
  const int lane = thread % 32;
  const int warp = thread / 32;
  const int warps = static_cast<int>(blockDim.x) / 32 - 1;
  const bool leads = warp == warps;
  const int rows = warps * kStates;
  const int first_state = warp * kStates;
  const int column = static_cast<int>(blockIdx.x) * kRecurrentColumns + lane;
  const bool active = column < dual.head_size;
  const int head = static_cast<int>(blockIdx.y);
  const int group_heads = dual.heads / dual.groups;
  const int group = head / group_heads;
  const int64_t batch = blockIdx.z;

  float* tile = reinterpret_cast<float*>(DynamicShared());  // B [rows], C [rows]
  float* shares = tile + 2 * rows;                          // [warps, kRecurrentColumns]
  __shared__ float x_tile[kRecurrentColumns];
  __shared__ float step_x[kRecurrentColumns];
  __shared__ float decay;
  [[maybe_unused]] __shared__ double exact_decay;
  __shared__ bool is_last;

  // The channel of the convolution that this thread has.
  const int64_t head_channel = static_cast<int64_t>(head) * dual.head_size + column;
  const int row = thread < rows ? thread : thread - rows;
  const bool has_channel = leads ? active : row < rows && row < dual.states;
  const int64_t narrow = static_cast<int64_t>(dual.heads) * dual.head_size + (thread < rows ? 0 : static_cast<int64_t>(dual.groups) * dual.states);
  const int64_t channel = leads ? head_channel : narrow + static_cast<int64_t>(group) * dual.states + row;

  if (!conv.constant_weight) WaitForPrerequisites();
  ConvStep<T, kWidth> step;
  float skip = 0.0f;
  if (has_channel) {
    step.LoadParameters(conv, channel);
    if (lane == 0) PrefetchWindow(conv, batch, channel);
  }
  if (warp == 0 && dual.d != nullptr) skip = dual.d[head];
  const float rate = leads ? dual.a[head] : 0.0f;
  const float bias = leads && dual.dt_bias != nullptr ? dual.dt_bias[head] : 0.0f;
  const int64_t state_base = (batch * dual.heads + head) * static_cast<int64_t>(dual.states) * dual.head_size + column;
  // The state, a line a row, comes from memory while the kernel in front still runs.
  if (thread < dual.states) PrefetchToL2(dual.past_state + state_base - lane + static_cast<int64_t>(thread) * dual.head_size);
  WaitForPrerequisites();

  // All that is read is asked for at once.
  if (has_channel) step.LoadWindow(conv, batch, channel);
  const float raw = leads ? ToFloat(dual.dt[batch * dual.dt_stride + head]) : 0.0f;
  const bool has_output = warp == 0 && active;
  const float z = has_output && dual.z != nullptr ? ToFloat(dual.z[batch * dual.z_stride + head_channel]) : 0.0f;
  float h[kStates];
#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    h[i] = active && n < dual.states ? dual.past_state[state_base + static_cast<int64_t>(n) * dual.head_size] : 0.0f;
  }

  const float convolved = has_channel ? ToFloat(step.Convolve(conv)) : 0.0f;
  if (leads) {
    float dt;
    if constexpr (kExact) {
      const double exact = ExactDualStep(dual, static_cast<double>(raw) + bias);
      const double exponential = exp(exact * rate);
      dt = static_cast<float>(exact);
      if (lane == 0) {
        exact_decay = exponential;
        decay = static_cast<float>(exponential);
      }
    } else {
      dt = DualStep(dual, raw + bias);
      if (lane == 0) decay = Math<T>::Exp2(dt * (rate * kLog2E));
    }
    x_tile[lane] = convolved;
    step_x[lane] = convolved * dt;
  } else if (thread < 2 * rows) {
    tile[thread] = convolved;
  }
  __syncthreads();

  if (leads) {
    if (lane == 0) {
      const unsigned last = gridDim.x * static_cast<unsigned>(group_heads) - 1;
      is_last = CountToLast(p.counters + batch * dual.groups + group, last);
    }
    if (active) step.StoreWindow(conv, batch, channel);
  } else {
    [[maybe_unused]] double base[kExact ? kStates : 1];
    float q[kExact ? kStates : 1];
    if constexpr (kExact) {
#pragma unroll
      for (int i = 0; i < kStates; ++i) {
        base[i] = h[i];
        q[i] = 0.0f;
      }
    }
    shares[thread] = AdvanceColumn<kExact>(h, q, decay, step_x[lane], tile + first_state, tile + rows + first_state);
#pragma unroll
    for (int i = 0; i < kStates; ++i) {
      const int n = first_state + i;
      if (!active || n >= dual.states) continue;
      float next = h[i];
      if constexpr (kExact) next = static_cast<float>(fma(base[i], exact_decay, static_cast<double>(q[i])));
      dual.present_state[state_base + static_cast<int64_t>(n) * dual.head_size] = next;
    }
    NamedBarrier(kStateBarrier, warps * 32);
    if (has_output) {
      float y = JoinShares<T>(skip, x_tile[lane], shares + lane, warps);
      if (dual.z != nullptr) y *= Math<T>::Silu(z);
      dual.y[batch * dual.heads * dual.head_size + head_channel] = FromFloat<T>(y);
    }
  }
  __syncthreads();
  if (is_last && !leads && has_channel) step.StoreWindow(conv, batch, channel);
}

template <typename T, int kStates, int kWidth>
cudaError_t LaunchConvDualStep(const ConvStateSpaceDualArguments<T>& p, cudaStream_t stream) {
  const StateSpaceDualArguments<T>& dual = p.recurrence;
  const unsigned warps = static_cast<unsigned>((dual.states + kStates - 1) / kStates);
  const size_t floats = warps * (2 * kStates + kRecurrentColumns);
  const dim3 grid(static_cast<unsigned>((dual.head_size + kRecurrentColumns - 1) / kRecurrentColumns), static_cast<unsigned>(dual.heads),
                  static_cast<unsigned>(dual.batch));
  return LaunchDependent(ConvStateSpaceDualStepKernel<T, kStates, kWidth>, grid, dim3((warps + 1) * 32), floats * sizeof(float), stream, p);
}

template <typename T, int kStates>
cudaError_t LaunchConvDualStep(const ConvStateSpaceDualArguments<T>& p, cudaStream_t stream) {
  return p.convolution.width <= 4 ? LaunchConvDualStep<T, kStates, 4>(p, stream) : LaunchConvDualStep<T, kStates, kMaximumConvWidth>(p, stream);
}

}  // namespace edgefleet::cuda
