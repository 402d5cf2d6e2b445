// The recurrence of Mamba-1 (docs/operators.md, SelectiveScan).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

inline constexpr int kMaximumScanStates = 256;

/// Pointers are to device memory. An activation's pointer is to the first channel that is read of the first token, and its
/// rows, [batch, length], are `..._stride` elements apart.
template <typename T>
struct SelectiveScanArguments {
  const T* u;
  const T* delta;
  /// [states, channels].
  const float* a;
  const T* b;
  const T* c;
  /// [channels]; may be null.
  const float* d;
  /// May be null.
  const T* z;
  /// [channels]; may be null.
  const float* delta_bias;
  /// [batch, states, channels].
  const float* past_state;
  /// [batch, length, channels].
  T* y;
  /// As `past_state`; may be the same buffer.
  float* present_state;
  int64_t u_stride;
  int64_t delta_stride;
  int64_t b_stride;
  int64_t c_stride;
  int64_t z_stride;
  int64_t batch;
  int64_t length;
  int channels;
  int states;
  bool delta_softplus;
};

/// Ways to compute the same result.
enum class SelectiveScanRoute {
  /// Chosen from the sizes and the device.
  kAutomatic,
  /// Token after token; a warp holds 32 channels. For few tokens.
  kStepwise,
  /// Lanes hold 2 or 4 of a channel's 16 states and walk over all tokens; not for float32.
  kSequential2,
  kSequential4,
  /// Lanes of a warp share the tokens of a channel. The numbers are the lanes a channel and the tokens a lane.
  kTimeParallel16x8,
  kTimeParallel16x16,
  kTimeParallel32x8,
  kTimeParallel32x16,
};

/// Starts the scan of `length` >= 1 tokens. T is float, __half or __nv_bfloat16. `group_channels` of a time-parallel route is the number of
/// channels of a block; 0 chooses it. A route that does not fit the arguments, or needs more threads or shared memory than a block
/// may have, returns cudaErrorInvalidConfiguration.
template <typename T>
cudaError_t SelectiveScan(const SelectiveScanArguments<T>& arguments, cudaStream_t stream,
                          SelectiveScanRoute route = SelectiveScanRoute::kAutomatic, int group_channels = 0);

}  // namespace edgefleet::cuda
