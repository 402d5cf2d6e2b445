// SelectiveScan token after token: a lane holds a channel, the warps of a block share its states.
#pragma once

#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "selective_scan/selective_scan.h"

namespace edgefleet::cuda {

template <typename T, int kStates>
__global__ void SelectiveScanStepwiseKernel(const SelectiveScanArguments<T> p) {
  LetDependentsStart();
  // Partial sums over the states of each warp, for this token and the one before.
  float* partial = reinterpret_cast<float*>(DynamicShared());
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int warps = static_cast<int>(blockDim.x) / 32;
  const int channel = static_cast<int>(blockIdx.x) * 32 + lane;
  const int64_t batch = blockIdx.y;
  const bool active = channel < p.channels;
  const int first_state = warp * kStates;

  // The state, a line of it for each, and what it decays by come from memory while the kernel in front still runs.
  if (lane < kStates && first_state + lane < p.states) {
    const int64_t first_channel = static_cast<int64_t>(blockIdx.x) * 32;
    PrefetchToL2(p.past_state + (batch * p.states + first_state + lane) * p.channels + first_channel);
    PrefetchToL2(p.a + static_cast<int64_t>(first_state + lane) * p.channels + first_channel);
  }
  WaitForPrerequisites();
  float h[kStates];
  float rate[kStates];
#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    const bool stored = active && n < p.states;
    h[i] = stored ? p.past_state[(batch * p.states + n) * p.channels + channel] : 0.0f;
    rate[i] = stored ? p.a[static_cast<int64_t>(n) * p.channels + channel] * kLog2E : 0.0f;
  }
  const float bias = active && p.delta_bias != nullptr ? p.delta_bias[channel] : 0.0f;
  const float skip = active && p.d != nullptr ? p.d[channel] : 0.0f;

  for (int64_t t = 0; t < p.length; ++t) {
    const int64_t row = batch * p.length + t;
    float sum = 0.0f;
    float u = 0.0f;
    float z = 0.0f;
    if (active) {
      u = ToFloat(p.u[row * p.u_stride + channel]);
      if (p.z != nullptr && warp == 0) z = ToFloat(p.z[row * p.z_stride + channel]);
      const float raw = ToFloat(p.delta[row * p.delta_stride + channel]) + bias;
      const float dt = p.delta_softplus ? Math<T>::Softplus(raw) : raw;
      const float x = dt * u;
#pragma unroll
      for (int i = 0; i < kStates; ++i) {
        const int n = first_state + i;
        if (n < p.states) {
          h[i] = fmaf(Math<T>::Exp2(dt * rate[i]), h[i], x * ToFloat(p.b[row * p.b_stride + n]));
          sum = fmaf(ToFloat(p.c[row * p.c_stride + n]), h[i], sum);
        }
      }
    }
    float* buffer = partial + (t & 1) * warps * 32;
    buffer[warp * 32 + lane] = sum;
    // One barrier a token: the other buffer is written only after the next one.
    __syncthreads();
    if (warp == 0 && active) {
      float y = skip * u;
      for (int w = 0; w < warps; ++w) y += buffer[w * 32 + lane];
      if (p.z != nullptr) y *= Math<T>::Silu(z);
      p.y[row * p.channels + channel] = FromFloat<T>(y);
    }
  }

#pragma unroll
  for (int i = 0; i < kStates; ++i) {
    const int n = first_state + i;
    if (active && n < p.states) p.present_state[(batch * p.states + n) * p.channels + channel] = h[i];
  }
}

template <typename T, int kStates>
cudaError_t LaunchStepwiseScan(const SelectiveScanArguments<T>& p, cudaStream_t stream) {
  const int warps = (p.states + kStates - 1) / kStates;
  const dim3 grid(static_cast<unsigned>((p.channels + 31) / 32), static_cast<unsigned>(p.batch));
  return LaunchDependent(SelectiveScanStepwiseKernel<T, kStates>, grid, dim3(static_cast<unsigned>(warps) * 32),
                         2 * static_cast<size_t>(warps) * 32 * sizeof(float), stream, p);
}

}  // namespace edgefleet::cuda
