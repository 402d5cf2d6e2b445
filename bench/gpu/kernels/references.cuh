// The operators as docs/operators.md writes them, token after token in double precision. Each function computes one channel and
// runs on the host as the oracle of small cases and in a kernel, a thread a channel, as the reference of large ones.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdint>

#include "causal_conv/causal_conv.h"
#include "selective_scan/selective_scan.h"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::bench {

__host__ __device__ inline double Value(float x) { return x; }
__host__ __device__ inline double Value(__half x) { return __half2float(x); }
__host__ __device__ inline double Value(__nv_bfloat16 x) { return __bfloat162float(x); }
__host__ __device__ inline double Silu(double x) { return x / (1.0 + exp(-x)); }
__host__ __device__ inline double Softplus(double x) { return x > 0.0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/// `y` is [batch, length, channels], `state` [batch, states, channels].
template <typename T>
__host__ __device__ void ScanReference(const cuda::SelectiveScanArguments<T>& p, int64_t index, double* y, double* state) {
  const int64_t batch = index / p.channels;
  const int64_t channel = index % p.channels;
  double* h = state + batch * p.states * p.channels + channel;
  for (int n = 0; n < p.states; ++n) h[n * static_cast<int64_t>(p.channels)] = p.past_state[(batch * p.states + n) * p.channels + channel];
  for (int64_t t = 0; t < p.length; ++t) {
    const int64_t row = batch * p.length + t;
    double dt = Value(p.delta[row * p.delta_stride + channel]) + (p.delta_bias == nullptr ? 0.0 : p.delta_bias[channel]);
    if (p.delta_softplus) dt = Softplus(dt);
    const double u = Value(p.u[row * p.u_stride + channel]);
    double sum = p.d == nullptr ? 0.0 : p.d[channel] * u;
    for (int n = 0; n < p.states; ++n) {
      double& cell = h[n * static_cast<int64_t>(p.channels)];
      cell = exp(dt * p.a[n * static_cast<int64_t>(p.channels) + channel]) * cell + dt * Value(p.b[row * p.b_stride + n]) * u;
      sum += Value(p.c[row * p.c_stride + n]) * cell;
    }
    if (p.z != nullptr) sum *= Silu(Value(p.z[row * p.z_stride + channel]));
    y[row * p.channels + channel] = sum;
  }
}

/// `y` is [batch, length, heads * head_size], `state` [batch, heads, states, head_size].
template <typename T>
__host__ __device__ void DualReference(const cuda::StateSpaceDualArguments<T>& p, int64_t index, double* y, double* state) {
  const int64_t channels = static_cast<int64_t>(p.heads) * p.head_size;
  const int64_t batch = index / channels;
  const int64_t channel = index % channels;
  const int64_t head = channel / p.head_size;
  const int64_t column = channel % p.head_size;
  const int64_t group = head / (p.heads / p.groups);
  const int64_t base = (batch * p.heads + head) * p.states * p.head_size + column;
  for (int n = 0; n < p.states; ++n) {
    state[base + n * static_cast<int64_t>(p.head_size)] = p.past_state[base + n * static_cast<int64_t>(p.head_size)];
  }
  for (int64_t t = 0; t < p.length; ++t) {
    const int64_t row = batch * p.length + t;
    double dt = Value(p.dt[row * p.dt_stride + head]) + (p.dt_bias == nullptr ? 0.0 : p.dt_bias[head]);
    if (p.dt_softplus) dt = Softplus(dt);
    dt = dt < p.dt_min ? p.dt_min : (dt > p.dt_max ? p.dt_max : dt);
    const double x = Value(p.x[row * p.x_stride + channel]);
    const double decay = exp(dt * p.a[head]);
    double sum = p.d == nullptr ? 0.0 : p.d[head] * x;
    for (int n = 0; n < p.states; ++n) {
      double& cell = state[base + n * static_cast<int64_t>(p.head_size)];
      cell = decay * cell + dt * Value(p.b[row * p.b_stride + group * p.states + n]) * x;
      sum += Value(p.c[row * p.c_stride + group * p.states + n]) * cell;
    }
    if (p.z != nullptr) sum *= Silu(Value(p.z[row * p.z_stride + channel]));
    y[row * channels + channel] = sum;
  }
}

/// `y` is [batch, length, channels], `window` [batch, width - 1, channels].
template <typename T>
__host__ __device__ void ConvReference(const cuda::CausalConvArguments<T>& p, int64_t index, double* y, double* window) {
  const int64_t batch = index / p.channels;
  const int64_t channel = index % p.channels;
  const int64_t kept = p.width - 1;
  for (int64_t t = 0; t < p.length + kept; ++t) {
    double sum = p.bias == nullptr ? 0.0 : p.bias[channel];
    double at = 0.0;
    for (int64_t k = 0; k < p.width; ++k) {
      const int64_t from = t - kept + k;
      if (from >= p.length) break;
      at = from < 0 ? Value(p.past_window[(batch * kept + kept + from) * p.channels + channel])
                    : Value(p.input[(batch * p.length + from) * p.input_stride + channel]);
      // The rows that follow the last token's window start are what the next call needs.
      if (k == 0 && t > p.length - 1) window[(batch * kept + t - p.length) * p.channels + channel] = at;
      sum += p.weight[channel * p.width + k] * at;
    }
    if (t < p.length) y[(batch * p.length + t) * p.channels + channel] = p.silu ? Silu(sum) : sum;
  }
}

}  // namespace edgefleet::bench
