// The choice of a kernel for StateSpaceDual; compiled once for each element type.
#pragma once

#include "common/device.h"
#include "common/element.cuh"
#include "state_space_dual/chunked.cuh"
#include "state_space_dual/grouped.cuh"
#include "state_space_dual/recurrent.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Below this length a chunk would be mostly empty.
inline constexpr int64_t kShortestChunkedLength = 24;

/// From this length on blocks of two heads are worth the kernels in front of them, where they leave multiprocessors idle.
inline constexpr int64_t kShortestGroupedLength = 512;

/// And where there are as many blocks as multiprocessors, as on small boards: one chunk of them is sooner there than the recurrence of so many tokens.
inline constexpr int64_t kShortestFillingLength = 12;

/// What will run: never kAutomatic.
struct DualPlan {
  StateSpaceDualRoute route;
  int segments;
};

/// The chunked route that suits the device, or the recurrence.
template <typename T>
StateSpaceDualRoute ChooseChunked(const StateSpaceDualArguments<T>& p, const Device& device) {
  const bool narrow = FitsChunkedDual(p, device, 32);
  if (FitsChunkedDual(p, device, 64)) {
    // Wide blocks compute C B^T less often; narrow ones give more multiprocessors work where time is too short to be cut.
    const int64_t wide_blocks = p.batch * p.heads * (p.head_size / 64) * ChooseSegments(p, device, 64);
    if (2 * wide_blocks > device.multiprocessors || !narrow) return StateSpaceDualRoute::kChunked64;
  }
  return narrow ? StateSpaceDualRoute::kChunked32 : StateSpaceDualRoute::kRecurrent;
}

/// Whether a route computes these sizes.
template <typename T>
bool FitsDual(const StateSpaceDualArguments<T>& p, const Device& device, StateSpaceDualRoute route) {
  switch (route) {
    case StateSpaceDualRoute::kGrouped: return FitsGroupedDual(p, device);
    case StateSpaceDualRoute::kChunked32: return FitsChunkedDual(p, device, 32);
    case StateSpaceDualRoute::kChunked64: return FitsChunkedDual(p, device, 64);
    default: return true;
  }
}

/// `segments` as in `StateSpaceDual`. A route that was asked for is kept; whether it fits is `FitsDual`'s to say.
template <typename T>
DualPlan PlanDual(const StateSpaceDualArguments<T>& p, const Device& device, StateSpaceDualRoute route, int segments) {
  if (route == StateSpaceDualRoute::kAutomatic) {
    const int64_t shortest_grouped = p.batch * GroupedBlocks(p) >= device.multiprocessors ? kShortestFillingLength : kShortestGroupedLength;
    if (p.length >= shortest_grouped && FitsGroupedDual(p, device)) {
      route = StateSpaceDualRoute::kGrouped;
    } else if (p.length < kShortestChunkedLength) {
      route = StateSpaceDualRoute::kRecurrent;
    } else {
      route = ChooseChunked(p, device);
    }
  }
  if (route == StateSpaceDualRoute::kRecurrent || !FitsDual(p, device, route)) return {route, 1};
  if (segments > 0) return {route, segments};
  if (route == StateSpaceDualRoute::kGrouped) return {route, ChooseGroupedSegments(p, device)};
  return {route, ChooseSegments(p, device, route == StateSpaceDualRoute::kChunked64 ? 64 : 32)};
}

/// Floats of workspace that a plan uses.
template <typename T>
size_t PlanFloats(const StateSpaceDualArguments<T>& p, DualPlan plan) {
  if (plan.route == StateSpaceDualRoute::kGrouped) return GroupedDualFloats(p, plan.segments);
  return plan.route == StateSpaceDualRoute::kRecurrent ? 0 : SegmentFloats(p, plan.segments, 1);
}

template <typename T, int kColumns, int kStates>
cudaError_t LaunchStagedDual(const StateSpaceDualArguments<T>& p, const Device& device, int segments, cudaStream_t stream) {
  constexpr size_t kTwoStages = sizeof(ChunkedTiles<T, kColumns, kStates, 2>);
  if (kTwoStages <= static_cast<size_t>(device.shared_bytes_per_block)) {
    return LaunchChunkedDual<T, kColumns, kStates, 2>(p, segments, stream);
  }
  return LaunchChunkedDual<T, kColumns, kStates, 1>(p, segments, stream);
}

template <typename T>
cudaError_t LaunchDual(const StateSpaceDualArguments<T>& p, const Device& device, DualPlan plan, cudaStream_t stream) {
  if (plan.route == StateSpaceDualRoute::kGrouped) {
    return p.states == 64 ? LaunchGroupedDual<T, 64>(p, plan.segments, stream) : LaunchGroupedDual<T, 128>(p, plan.segments, stream);
  }
  if (plan.route == StateSpaceDualRoute::kChunked64) {
    return p.states == 64 ? LaunchStagedDual<T, 64, 64>(p, device, plan.segments, stream)
                          : LaunchStagedDual<T, 64, 128>(p, device, plan.segments, stream);
  }
  switch (p.states) {
    case 64: return LaunchStagedDual<T, 32, 64>(p, device, plan.segments, stream);
    case 128: return LaunchStagedDual<T, 32, 128>(p, device, plan.segments, stream);
    default: return LaunchStagedDual<T, 32, 256>(p, device, plan.segments, stream);
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
  if (!kIsHalfWidth<T> || !ValidDual(p, segments) || CurrentDevice(device) != cudaSuccess) return 0;
  if constexpr (kIsHalfWidth<T>) {
    const DualPlan plan = PlanDual(p, device, route, segments);
    return FitsDual(p, device, plan.route) ? PlanFloats(p, plan) * sizeof(float) : 0;
  }
  return 0;
}

template <typename T>
cudaError_t StateSpaceDual(const StateSpaceDualArguments<T>& p, cudaStream_t stream, StateSpaceDualRoute route, int segments) {
  if (!ValidDual(p, segments)) return cudaErrorInvalidValue;
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  if constexpr (kIsHalfWidth<T>) {
    const DualPlan plan = PlanDual(p, device, route, segments);
    if (!FitsDual(p, device, plan.route)) return cudaErrorInvalidConfiguration;
    if (plan.route != StateSpaceDualRoute::kRecurrent) {
      if (p.workspace == nullptr && PlanFloats(p, plan) > 0) return cudaErrorInvalidValue;
      return LaunchDual(p, device, plan, stream);
    }
  } else if (route != StateSpaceDualRoute::kAutomatic && route != StateSpaceDualRoute::kRecurrent) {
    return cudaErrorInvalidConfiguration;
  }
  if (p.states <= 32) return LaunchRecurrentDual<T, 4>(p, stream);
  if (p.states <= 64) return LaunchRecurrentDual<T, 8>(p, stream);
  return LaunchRecurrentDual<T, 16>(p, stream);
}

}  // namespace edgefleet::cuda
