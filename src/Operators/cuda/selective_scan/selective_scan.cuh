// The choice of a kernel for SelectiveScan; compiled once for each element type.
#pragma once

#include "common/device.h"
#include "selective_scan/selective_scan.h"
#include "selective_scan/stepwise.cuh"
#include "selective_scan/time_parallel.cuh"

namespace edgefleet::cuda {

/// Up to this length a tile of the time-parallel kernels would be mostly empty.
inline constexpr int64_t kStepwiseLength = 12;
/// With this many channels for each multiprocessor, eight lanes a channel give it enough warps.
inline constexpr int64_t kManyChannels = 24;

template <typename T>
cudaError_t SelectiveScan(const SelectiveScanArguments<T>& p, cudaStream_t stream, SelectiveScanRoute route, int group_channels) {
  constexpr int64_t kMaximumGridY = 65535;
  if (p.batch < 1 || p.batch > kMaximumGridY || p.length < 1 || p.channels < 1 || p.states < 1 || p.states > kMaximumScanStates) {
    return cudaErrorInvalidValue;
  }
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  if (route == SelectiveScanRoute::kAutomatic) {
    if (p.length <= kStepwiseLength) {
      route = SelectiveScanRoute::kStepwise;
    } else {
      const int64_t channels = p.batch * p.channels / device.multiprocessors;
      route = channels >= kManyChannels ? SelectiveScanRoute::kTimeParallel8x16 : SelectiveScanRoute::kTimeParallel16x8;
    }
  }
  switch (route) {
    case SelectiveScanRoute::kTimeParallel8x16: return LaunchTimeParallelScan<T, 8, 16, 1>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel16x8: return LaunchTimeParallelScan<T, 16, 8, 1>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel16x16: return LaunchTimeParallelScan<T, 16, 16, 1>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel32x8: return LaunchTimeParallelScan<T, 32, 8, 1>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel8x8x2: return LaunchTimeParallelScan<T, 8, 8, 2>(p, device, group_channels, stream);
    case SelectiveScanRoute::kTimeParallel16x8x2: return LaunchTimeParallelScan<T, 16, 8, 2>(p, device, group_channels, stream);
    default: break;
  }
  if (p.states <= 16) return LaunchStepwiseScan<T, 4>(p, stream);
  if (p.states <= 128) return LaunchStepwiseScan<T, 8>(p, stream);
  return LaunchStepwiseScan<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
