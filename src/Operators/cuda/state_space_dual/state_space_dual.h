// The recurrence of Mamba-2 (docs/operators.md, StateSpaceDual).
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace edgefleet::cuda {

inline constexpr int kMaximumDualStates = 256;

/// Pointers are to device memory. An activation's pointer is to the first channel that is read of the first token, and its
/// rows, [batch, length], are `..._stride` elements apart.
template <typename T>
struct StateSpaceDualArguments {
  const T* x;
  const T* dt;
  /// [heads].
  const float* a;
  const T* b;
  const T* c;
  /// [heads]; may be null.
  const float* d;
  /// May be null.
  const T* z;
  /// [heads]; may be null.
  const float* dt_bias;
  /// [batch, heads, states, head_size].
  const float* past_state;
  /// [batch, length, heads * head_size].
  T* y;
  /// As `past_state`; may be the same buffer.
  float* present_state;
  /// `StateSpaceDualWorkspace` bytes of device memory, aligned to 16; may be null where that is 0.
  void* workspace;
  int64_t x_stride;
  int64_t dt_stride;
  int64_t b_stride;
  int64_t c_stride;
  int64_t z_stride;
  int64_t batch;
  int64_t length;
  int heads;
  int head_size;
  int groups;
  int states;
  float dt_min;
  float dt_max;
  bool dt_softplus;
};

/// Ways to compute the same result.
enum class StateSpaceDualRoute {
  /// Chosen from the sizes and the device.
  kAutomatic,
  /// The recurrence, token after token, in float32.
  kRecurrent,
  /// Chunks of 64 tokens on the tensor cores, 32 columns of a head a block. Not for float32.
  kChunked32,
  /// As above with 64 columns; not for 256 states.
  kChunked64,
  /// As above, several heads of a group a block; for heads of a multiple of 64 columns, 64 or 128 states. Not for float32.
  kGrouped,
};

/// Bytes that `StateSpaceDual` needs for these sizes; 0 for none. `segments` as there.
template <typename T>
size_t StateSpaceDualWorkspace(const StateSpaceDualArguments<T>& arguments, StateSpaceDualRoute route = StateSpaceDualRoute::kAutomatic,
                               int segments = 0);

/// Starts the computation of `length` >= 1 tokens. T is float, __half or __nv_bfloat16. `segments` is the number of pieces that a chunked route
/// cuts time into; 0 chooses it. A route that does not fit the arguments or the device's shared memory returns
/// cudaErrorInvalidConfiguration.
template <typename T>
cudaError_t StateSpaceDual(const StateSpaceDualArguments<T>& arguments, cudaStream_t stream,
                           StateSpaceDualRoute route = StateSpaceDualRoute::kAutomatic, int segments = 0);

}  // namespace edgefleet::cuda
