// One token of one channel of a convolution, by a thread.
#pragma once

#include <cstdint>

#include "causal_conv/causal_conv.h"
#include "common/element.cuh"
#include "common/math.cuh"
#include "common/primitives.cuh"

namespace edgefleet::cuda {

/// Asks for the window of a channel, and of those in the same lines, to be in the second-level cache.
template <typename T>
__device__ __forceinline__ void PrefetchWindow(const CausalConvArguments<T>& p, int64_t batch, int64_t channel) {
  const int kept = p.width - 1;
  if (p.past_window == nullptr) return;
  for (int k = 0; k < kept; ++k) PrefetchToL2(p.past_window + (batch * kept + k) * p.channels + channel);
}

/// For windows of up to kWidth tokens.
template <typename T, int kWidth>
class ConvStep {
 public:
  __device__ __forceinline__ void LoadParameters(const CausalConvArguments<T>& p, int64_t channel) {
#pragma unroll
    for (int k = 0; k < kWidth; ++k) weight_[k] = k < p.width ? p.weight[channel * p.width + k] : 0.0f;
    bias_ = p.bias == nullptr ? 0.0f : p.bias[channel];
  }

  /// The past window and, behind it, the token.
  __device__ __forceinline__ void LoadWindow(const CausalConvArguments<T>& p, int64_t batch, int64_t channel) {
    const int kept = p.width - 1;
    const T* past = p.past_window + batch * kept * p.channels + channel;
    const T token = p.input[batch * p.input_stride + channel];
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      window_[k] = k < kept ? (p.past_window == nullptr ? FromFloat<T>(0.0f) : past[k * p.channels]) : token;
    }
  }

  __device__ __forceinline__ T Convolve(const CausalConvArguments<T>& p) const {
    float sum = bias_;
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      if (k < p.width) sum = fmaf(weight_[k], ToFloat(window_[k]), sum);
    }
    return FromFloat<T>(p.silu ? Math<T>::Silu(sum) : sum);
  }

  /// Past and present window may be one buffer, where nobody else reads the channel's any more.
  __device__ __forceinline__ void StoreWindow(const CausalConvArguments<T>& p, int64_t batch, int64_t channel) const {
    const int kept = p.width - 1;
    T* present = p.present_window + batch * kept * p.channels + channel;
#pragma unroll
    for (int k = 0; k + 1 < kWidth; ++k) {
      if (k < kept) present[k * p.channels] = window_[k + 1];
    }
  }

 private:
  float weight_[kWidth];
  float bias_;
  T window_[kWidth];
};

}  // namespace edgefleet::cuda
