// The choice of a kernel for SelectiveScan; compiled once for each element type.
#pragma once

#include "common/device.h"
#include "common/element.cuh"
#include "selective_scan/selective_scan.h"
#include "selective_scan/sequential.cuh"
#include "selective_scan/stepwise.cuh"
#include "selective_scan/time_parallel.cuh"

namespace edgefleet::cuda {

/// Up to this length a tile of the time-parallel kernels would be mostly empty.
inline constexpr int64_t kStepwiseLength = 12;
/// Up to this length one of the small tiles is faster than half of a large one.
inline constexpr int64_t kSmallTileLength = 128;
/// Up to this many channels for each multiprocessor, half as many lanes a channel would leave it too few warps.
inline constexpr int64_t kFewChannels = 16;

/// Two states a lane give a channel more lanes and finish a token sooner, four do less for each token: the former where all blocks run
/// at once, one on a multiprocessor, the latter for more channels or fewer multiprocessors.
template <typename T>
SelectiveScanRoute ChooseSequentialRoute(const SelectiveScanArguments<T>& p, const Device& device) {
  constexpr int64_t kChannels = SequentialBlock<2, kSequentialWarps>::kChannels;
  const int64_t blocks = p.batch * ((p.channels + kChannels - 1) / kChannels);
  return blocks <= device.multiprocessors ? SelectiveScanRoute::kSequential2 : SelectiveScanRoute::kSequential4;
}

/// Kernels of their own for blocks of `kKnownGroups` channels are float32's: what they would serve in 16 bits is the sequential kernel's.
template <typename T, int kLanes, int kTokens, int... kKnownGroups>
cudaError_t LaunchTimeParallelRoute(const SelectiveScanArguments<T>& p, const Device& device, int group_channels, cudaStream_t stream) {
  if constexpr (kIsHalfWidth<T>) {
    return LaunchTimeParallelScan<T, kLanes, kTokens, 1>(p, device, group_channels, stream);
  } else {
    return LaunchTimeParallelScan<T, kLanes, kTokens, 1, kKnownGroups...>(p, device, group_channels, stream);
  }
}

template <typename T>
cudaError_t LaunchScanRoute(const SelectiveScanArguments<T>& p, const Device& device, SelectiveScanRoute route, int group_channels,
                            cudaStream_t stream) {
  if constexpr (kIsHalfWidth<T>) {
    if (route == SelectiveScanRoute::kSequential2) return LaunchSequentialScan<T, 2, kSequentialWarps>(p, device, stream);
    if (route == SelectiveScanRoute::kSequential4) return LaunchSequentialScan<T, 4, kSequentialWarps>(p, device, stream);
  }
  switch (route) {
    case SelectiveScanRoute::kSequential2:
    case SelectiveScanRoute::kSequential4: return cudaErrorInvalidConfiguration;
    case SelectiveScanRoute::kTimeParallel16x8: return LaunchTimeParallelRoute<T, 16, 8>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel16x16: return LaunchTimeParallelRoute<T, 16, 16, 24, 32>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel32x8: return LaunchTimeParallelRoute<T, 32, 8, 12>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel32x16: return LaunchTimeParallelRoute<T, 32, 16, 12, 16>(p, device, group_channels, stream);
    default: return cudaErrorInvalidValue;
  }
}

template <typename T>
cudaError_t SelectiveScan(const SelectiveScanArguments<T>& p, cudaStream_t stream, SelectiveScanRoute route, int group_channels) {
  constexpr int64_t kMaximumGridY = 65535;
  if (p.batch < 1 || p.batch > kMaximumGridY || p.length < 1 || p.channels < 1 || p.states < 1 || p.states > kMaximumScanStates) {
    return cudaErrorInvalidValue;
  }
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  if (route == SelectiveScanRoute::kAutomatic && p.length > 1) {
    if constexpr (kIsHalfWidth<T>) {
      const cudaError_t error = LaunchScanRoute(p, device, ChooseSequentialRoute(p, device), 0, stream);
      if (error != cudaErrorInvalidConfiguration) return error;
    }
  }
  if (route == SelectiveScanRoute::kAutomatic) {
    if (p.length <= kStepwiseLength) {
      route = SelectiveScanRoute::kStepwise;
    } else {
      const int64_t channels = (p.batch * p.channels + device.multiprocessors - 1) / device.multiprocessors;
      if (p.length <= kSmallTileLength) {
        route = SelectiveScanRoute::kTimeParallel16x8;
      } else {
        route = channels <= kFewChannels ? SelectiveScanRoute::kTimeParallel32x16 : SelectiveScanRoute::kTimeParallel16x16;
      }
      // Where a block has little shared memory, a large tile does not fit.
      const cudaError_t error = LaunchScanRoute(p, device, route, group_channels, stream);
      if (error != cudaErrorInvalidConfiguration) return error;
      route = SelectiveScanRoute::kTimeParallel16x8;
    }
  }
  if (route != SelectiveScanRoute::kStepwise) return LaunchScanRoute(p, device, route, group_channels, stream);
  if (p.states <= 16) return LaunchStepwiseScan<T, 4>(p, stream);
  if (p.states <= 128) return LaunchStepwiseScan<T, 8>(p, stream);
  return LaunchStepwiseScan<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
