// Convolution and recurrence of a Mamba-2 mixer (docs/operators.md, ConvStateSpaceDual).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "causal_conv/causal_conv.h"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Counters that one token of a sequence and group needs one of; where there are more of these, two kernels compute.
inline constexpr int kConvDualCounters = 1024;

template <typename T>
struct ConvStateSpaceDualArguments {
  /// Its channels are x [heads * head_size], B and C [groups * states] of the recurrence. `output` has room for them where
  /// `FusesConvolution` is false, and is not used otherwise. With `constant_weight` the recurrence's `a`, `d` and `dt_bias` are constant, too.
  CausalConvArguments<T> convolution;
  /// Of the same batch and length. `x`, `b`, `c` and their strides are not read.
  StateSpaceDualArguments<T> recurrence;
  /// kConvDualCounters zeros, which are zeros again when the computation has ended.
  unsigned* counters;
};

/// Whether one kernel computes both: one token, of sequences and groups that there are counters for.
template <typename T>
bool FusesConvolution(const ConvStateSpaceDualArguments<T>& arguments);

/// Bytes of `recurrence.workspace`; `convolution.output` is there already.
template <typename T>
size_t ConvStateSpaceDualWorkspace(const ConvStateSpaceDualArguments<T>& arguments);

/// Starts the computation of `length` >= 1 tokens. T is float, __half or __nv_bfloat16. Past and present window may be one buffer, and past and present state.
template <typename T>
cudaError_t ConvStateSpaceDual(const ConvStateSpaceDualArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
