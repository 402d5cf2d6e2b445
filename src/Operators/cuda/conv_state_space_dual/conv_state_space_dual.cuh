// ConvStateSpaceDual in one kernel or two; compiled once for each element type.
#pragma once

#include "conv_state_space_dual/conv_state_space_dual.h"
#include "conv_state_space_dual/step.cuh"

namespace edgefleet::cuda {

template <typename T>
bool ValidConvDual(const ConvStateSpaceDualArguments<T>& p) {
  constexpr int64_t kMaximumGrid = 65535;
  const CausalConvArguments<T>& conv = p.convolution;
  const StateSpaceDualArguments<T>& dual = p.recurrence;
  return dual.batch >= 1 && dual.batch <= kMaximumGrid && dual.length >= 1 && dual.heads >= 1 && dual.heads <= kMaximumGrid &&
         dual.head_size >= 1 && dual.groups >= 1 && dual.heads % dual.groups == 0 && dual.states >= 1 && dual.states <= kMaximumDualStates &&
         conv.batch == dual.batch && conv.length == dual.length && conv.width >= 1 && conv.width <= kMaximumConvWidth &&
         conv.channels == static_cast<int64_t>(dual.heads) * dual.head_size + 2 * static_cast<int64_t>(dual.groups) * dual.states;
}

/// The recurrence over the convolved channels.
template <typename T>
StateSpaceDualArguments<T> OverConvolved(const ConvStateSpaceDualArguments<T>& p) {
  StateSpaceDualArguments<T> dual = p.recurrence;
  dual.x = p.convolution.output;
  dual.b = dual.x + static_cast<int64_t>(dual.heads) * dual.head_size;
  dual.c = dual.b + static_cast<int64_t>(dual.groups) * dual.states;
  dual.x_stride = dual.b_stride = dual.c_stride = p.convolution.channels;
  return dual;
}

template <typename T>
bool FusesConvolution(const ConvStateSpaceDualArguments<T>& p) {
  return p.recurrence.length == 1 && p.recurrence.batch * p.recurrence.groups <= kConvDualCounters;
}

template <typename T>
size_t ConvStateSpaceDualWorkspace(const ConvStateSpaceDualArguments<T>& p) {
  return FusesConvolution(p) ? 0 : StateSpaceDualWorkspace(OverConvolved(p));
}

template <typename T>
cudaError_t ConvStateSpaceDual(const ConvStateSpaceDualArguments<T>& p, cudaStream_t stream) {
  if (!ValidConvDual(p)) return cudaErrorInvalidValue;
  if (!FusesConvolution(p)) {
    if (const cudaError_t error = CausalConv(p.convolution, stream); error != cudaSuccess) return error;
    return StateSpaceDual(OverConvolved(p), stream);
  }
  // As StateSpaceDual's recurrence shares the states among warps.
  if (p.recurrence.states <= 32) return LaunchConvDualStep<T, 4>(p, stream);
  if (p.recurrence.states <= 64) return LaunchConvDualStep<T, 8>(p, stream);
  return LaunchConvDualStep<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
