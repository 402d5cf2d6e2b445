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

/// What will run.
struct DualPlan {
  /// Columns of a block; 0 for the recurrence.
  int columns;
  int segments;
};

inline int ChunkedColumns(const StateSpaceDualArguments<__half>& p, const Device& device, StateSpaceDualRoute route) {
  if (route == StateSpaceDualRoute::kChunked32) return FitsChunkedDual(p, device, 32) ? 32 : 0;
  if (route == StateSpaceDualRoute::kChunked64) return FitsChunkedDual(p, device, 64) ? 64 : 0;
  if (route == StateSpaceDualRoute::kRecurrent || p.length < kShortestChunkedLength) return 0;
  // Wide blocks compute C B^T less often; narrow ones give more multiprocessors work where time is too short to be cut.
  const int64_t wide_blocks = p.batch * p.heads * (p.head_size / 64) * ChooseSegments(p, device, 64);
  if (FitsChunkedDual(p, device, 64) && (2 * wide_blocks > device.multiprocessors || !FitsChunkedDual(p, device, 32))) return 64;
  return FitsChunkedDual(p, device, 32) ? 32 : 0;
}

inline DualPlan PlanDual(const StateSpaceDualArguments<__half>& p, const Device& device, StateSpaceDualRoute route, int segments) {
  const int columns = ChunkedColumns(p, device, route);
  if (columns == 0) return {0, 1};
  return {columns, segments > 0 ? segments : ChooseSegments(p, device, columns)};
}

template <int kColumns, int kStates>
cudaError_t LaunchStagedDual(const StateSpaceDualArguments<__half>& p, const Device& device, int segments, cudaStream_t stream) {
  constexpr size_t kTwoStages = sizeof(ChunkedTiles<kColumns, kStates, 2>);
  if (kTwoStages <= static_cast<size_t>(device.shared_bytes_per_block)) {
    return LaunchChunkedDual<kColumns, kStates, 2>(p, segments, stream);
  }
  return LaunchChunkedDual<kColumns, kStates, 1>(p, segments, stream);
}

inline cudaError_t LaunchChunkedDual(const StateSpaceDualArguments<__half>& p, const Device& device, DualPlan plan, cudaStream_t stream) {
  // Without the memory that passes between segments there is one.
  const int segments = p.workspace == nullptr ? 1 : plan.segments;
  if (plan.columns == 64) {
    return p.states == 64 ? LaunchStagedDual<64, 64>(p, device, segments, stream) : LaunchStagedDual<64, 128>(p, device, segments, stream);
  }
  switch (p.states) {
    case 64: return LaunchStagedDual<32, 64>(p, device, segments, stream);
    case 128: return LaunchStagedDual<32, 128>(p, device, segments, stream);
    default: return LaunchStagedDual<32, 256>(p, device, segments, stream);
  }
}

template <typename T>
bool ValidDual(const StateSpaceDualArguments<T>& p, int segments) {
  constexpr int kMaximumGrid = 65535;
  constexpr int kMaximumSegments = 64;
  return p.batch >= 1 && p.batch <= kMaximumGrid / kMaximumSegments && p.length >= 1 && p.heads >= 1 && p.heads <= kMaximumGrid &&
         p.head_size >= 1 && p.groups >= 1 && p.heads % p.groups == 0 && p.states >= 1 && p.states <= kMaximumDualStates &&
         segments >= 0 && segments <= kMaximumSegments;
}

template <typename T>
size_t StateSpaceDualWorkspace(const StateSpaceDualArguments<T>& p, StateSpaceDualRoute route, int segments) {
  Device device;
  if (!std::is_same_v<T, __half> || !ValidDual(p, segments) || CurrentDevice(device) != cudaSuccess) return 0;
  if constexpr (std::is_same_v<T, __half>) {
    const DualPlan plan = PlanDual(p, device, route, segments);
    return plan.columns == 0 ? 0 : SegmentFloats(p, plan.segments) * sizeof(float);
  }
  return 0;
}

template <typename T>
cudaError_t StateSpaceDual(const StateSpaceDualArguments<T>& p, cudaStream_t stream, StateSpaceDualRoute route, int segments) {
  if (!ValidDual(p, segments)) return cudaErrorInvalidValue;
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  if constexpr (std::is_same_v<T, __half>) {
    const DualPlan plan = PlanDual(p, device, route, segments);
    if (plan.columns > 0) return LaunchChunkedDual(p, device, plan, stream);
  }
  // Only the recurrence is left.
  if (route != StateSpaceDualRoute::kAutomatic && route != StateSpaceDualRoute::kRecurrent) return cudaErrorInvalidConfiguration;
  if (p.states <= 32) return LaunchRecurrentDual<T, 4>(p, stream);
  if (p.states <= 64) return LaunchRecurrentDual<T, 8>(p, stream);
  return LaunchRecurrentDual<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
