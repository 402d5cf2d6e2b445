// The choice of a kernel for StateSpaceDual; compiled once for each element type.
#pragma once

#include <type_traits>

#include "common/device.h"
#include "state_space_dual/chunked.cuh"
#include "state_space_dual/recurrent.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Below this length a chunk would be mostly empty.
inline constexpr int64_t kShortestChunkedLength = 24;

template <int kColumns>
cudaError_t LaunchChunkedDual(const StateSpaceDualArguments<__half>& p, const Device& device, cudaStream_t stream) {
  switch (p.states) {
    case 64: return LaunchChunkedDual<kColumns, 64>(p, device, stream);
    case 128: return LaunchChunkedDual<kColumns, 128>(p, device, stream);
    case 256: return LaunchChunkedDual<kColumns, 256>(p, device, stream);
    default: return cudaErrorInvalidValue;
  }
}

template <typename T>
cudaError_t StateSpaceDual(const StateSpaceDualArguments<T>& p, cudaStream_t stream, StateSpaceDualRoute route) {
  constexpr int kMaximumGrid = 65535;
  if (p.batch < 1 || p.batch > kMaximumGrid || p.length < 1 || p.heads < 1 || p.heads > kMaximumGrid || p.head_size < 1 ||
      p.groups < 1 || p.heads % p.groups != 0 || p.states < 1 || p.states > kMaximumDualStates) {
    return cudaErrorInvalidValue;
  }
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  if constexpr (std::is_same_v<T, __half>) {
    if (route == StateSpaceDualRoute::kAutomatic && p.length >= kShortestChunkedLength) {
      // Wide blocks read B and C less often; narrow ones give every multiprocessor work.
      const int64_t wide_blocks = p.batch * p.heads * (p.head_size / 64);
      if (wide_blocks >= device.multiprocessors && FitsChunkedDual(p, device, 64)) {
        route = StateSpaceDualRoute::kChunked64;
      } else if (FitsChunkedDual(p, device, 32)) {
        route = StateSpaceDualRoute::kChunked32;
      }
    }
    if (route == StateSpaceDualRoute::kChunked32 || route == StateSpaceDualRoute::kChunked64) {
      const bool wide = route == StateSpaceDualRoute::kChunked64;
      if (!FitsChunkedDual(p, device, wide ? 64 : 32)) return cudaErrorInvalidConfiguration;
      return wide ? LaunchChunkedDual<64>(p, device, stream) : LaunchChunkedDual<32>(p, device, stream);
    }
  } else if (route != StateSpaceDualRoute::kAutomatic && route != StateSpaceDualRoute::kRecurrent) {
    return cudaErrorInvalidValue;
  }
  if (p.states <= 32) return LaunchRecurrentDual<T, 4>(p, stream);
  if (p.states <= 64) return LaunchRecurrentDual<T, 8>(p, stream);
  return LaunchRecurrentDual<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
