// SelectiveScan of many tokens in one pass.
//
// h[t] = a[t] h[t-1] + b[t] is a linear recurrence, so its steps compose: a run of tokens acts on the state before it as
// h -> P h + q. A block owns some channels and walks over tiles of tokens. Within a tile each of kLanes lanes takes kTokens
// tokens of a channel, finds its P and q from zero, and a scan over the lanes gives it the state before its first token; then
// it runs through its tokens once more, now with the true state, and sums the output. The exponentials, which limit the
// speed, are computed once and stay in registers in between. Global memory is read once, through shared memory, a tile ahead.
//
// With float32 tensors the states between the lanes' runs and from tile to tile are double: over a long memory the roundings of
// float32 would add up to more than 1e-5 of the output.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "selective_scan/selective_scan.h"

namespace edgefleet::cuda {

/// How a block's shared memory is laid out and filled.
struct SelectiveScanTiling {
  /// Channels of a block.
  int group;
  /// Elements between runs of a lane's tokens in a tile; padded so that lanes of a warp meet different banks.
  int run_stride;
  /// Bytes of one asynchronous copy of u, delta and z; 0: element by element.
  int copy_bytes;
  /// As above for B and C.
  int state_copy_bytes;
};

inline constexpr int kMaximumScanThreads = 512;

/// The state where a lane's run of tokens starts.
template <typename T>
using ScanCarry = std::conditional_t<std::is_same_v<T, float>, double, float>;

/// States whose B and C are in shared memory together.
inline constexpr int kStateTile = 16;

/// Floats of a table with an entry for each state and channel of a block; what follows it is aligned to 16 bytes.
__host__ __device__ constexpr int SelectiveScanTableFloats(int states, int group) { return (states * group + 3) / 4 * 4; }

template <typename T, int kBytes>
__device__ __forceinline__ void CopyRows(int threads, T* to, const T* from, int64_t from_stride, int rows, int valid_rows, int columns,
                                         int valid_columns, int run, int run_stride, int row_stride) {
  constexpr int kElements = kBytes / static_cast<int>(sizeof(T));
  const int chunks = columns / kElements;
  for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += threads) {
    const int row = i / chunks;
    const int column = (i - row * chunks) * kElements;
    const bool valid = row < valid_rows && column < valid_columns;
    CopyAsync<kBytes>(to + (row / run) * run_stride + (row % run) * row_stride + column,
                      valid ? from + row * from_stride + column : from, valid);
  }
}

/// Fills rows x columns of a tile in shared memory; zeros outside of the valid part. Row r stands at
/// (r / run) * run_stride + (r % run) * row_stride.
template <typename T>
__device__ __forceinline__ void FillTile(int threads, T* to, const T* from, int64_t from_stride, int rows, int valid_rows, int columns,
                                         int valid_columns, int run, int run_stride, int row_stride, int copy_bytes) {
  if (copy_bytes == 16) {
    CopyRows<T, 16>(threads, to, from, from_stride, rows, valid_rows, columns, valid_columns, run, run_stride, row_stride);
  } else if (copy_bytes == 8) {
    CopyRows<T, 8>(threads, to, from, from_stride, rows, valid_rows, columns, valid_columns, run, run_stride, row_stride);
  } else {
    for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += threads) {
      const int row = i / columns;
      const int column = i - row * columns;
      const bool valid = row < valid_rows && column < valid_columns;
      to[(row / run) * run_stride + (row % run) * row_stride + column] =
          valid ? from[row * from_stride + column] : FromFloat<T>(0.0f);
    }
  }
}

/// Turns kStateTile columns of B or C, rows of `from_stride` elements in shared or global memory, into rows of floats over
/// time; lane l's kTokens values start at l * (kTokens + 4), so that 16-byte loads of the lanes meet different banks.
template <typename T, int kTokens, int kTileTokens, int kRow>
__device__ __forceinline__ void TransposeStates(int threads, float* to, const T* from, int64_t from_stride, int valid_rows, int states) {
  constexpr int kQuad = 4;
  for (int i = static_cast<int>(threadIdx.x); i < kTileTokens * (kStateTile / kQuad); i += threads) {
    const int row = i % kTileTokens;
    const int first = (i / kTileTokens) * kQuad;
    float* target = to + first * kRow + (row / kTokens) * (kTokens + 4) + row % kTokens;
#pragma unroll
    for (int q = 0; q < kQuad; ++q) {
      const bool valid = row < valid_rows && first + q < states;
      target[q * kRow] = valid ? ToFloat(from[row * from_stride + first + q]) : 0.0f;
    }
  }
}

/// Elements between runs of a lane's tokens: the lanes of one token read neighbouring elements, and the next lane's run starts
/// where these end, modulo the banks.
template <typename T, int kLanes, int kTokens, int kChannels>
__host__ __device__ constexpr int SelectiveScanRunStride(int group, int copy_bytes) {
  const int element = static_cast<int>(sizeof(T));
  const int granule = copy_bytes == 0 ? element : copy_bytes;
  const int lanes = (32 / kLanes) * kChannels * element;
  const int widest = granule > lanes ? granule : lanes;
  const int unit = widest > 4 ? widest : 4;
  int run_bytes = kTokens * group * element;
  while (run_bytes % (2 * unit) != unit) run_bytes += granule;
  return run_bytes / element;
}

/// Bytes of a copy of rows of `group` elements.
template <typename T>
__host__ __device__ constexpr int GroupCopyBytes(int group) {
  return group * static_cast<int>(sizeof(T)) % 16 == 0 ? 16 : (group * static_cast<int>(sizeof(T)) % 8 == 0 ? 8 : 0);
}

/// `kGroup` is 0, or the number of channels of a block where everything is known ahead: rows aligned for its copies, whole groups,
/// kStateTile states.
template <typename T, int kLanes, int kTokens, int kChannels, int kGroup>
__global__ void __launch_bounds__(kGroup > 0 ? kGroup * kLanes / kChannels : kMaximumScanThreads)
    SelectiveScanTimeParallelKernel(const SelectiveScanArguments<T> p, const SelectiveScanTiling tiling) {
  static_assert(32 % kLanes == 0 && kTokens % 4 == 0, "lanes divide a warp, tokens are read four at a time");
  using M = Math<T>;
  constexpr int kColumns = 32 / kLanes;
  constexpr int kTileTokens = kLanes * kTokens;
  constexpr int kRow = kLanes * (kTokens + 4);

  constexpr bool kKnown = kGroup > 0;
  const int group = kKnown ? kGroup : tiling.group;
  const int states = kKnown ? kStateTile : p.states;
  const int threads = kKnown ? kGroup / (kColumns * kChannels) * 32 : static_cast<int>(blockDim.x);
  const int copy_bytes = kKnown ? GroupCopyBytes<T>(kGroup) : tiling.copy_bytes;
  const int state_copy_bytes = kKnown ? 16 : tiling.state_copy_bytes;
  constexpr int kKnownStride = kKnown ? SelectiveScanRunStride<T, kLanes, kTokens, kChannels>(kGroup, GroupCopyBytes<T>(kGroup)) : 0;
  const int run_stride = kKnown ? kKnownStride : tiling.run_stride;
  const int stage_elements = 3 * kLanes * run_stride;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int time_lane = lane / kColumns;
  const int local = (warp * kColumns + lane % kColumns) * kChannels;
  const int first_channel = static_cast<int>(blockIdx.x) * group;
  const int valid_channels = kKnown || p.channels - first_channel >= group ? group : p.channels - first_channel;
  const int64_t batch = blockIdx.y;

  float* b_rows = reinterpret_cast<float*>(DynamicShared());
  float* c_rows = b_rows + kStateTile * kRow;
  float* rates = c_rows + kStateTile * kRow;
  const int table_floats = SelectiveScanTableFloats(states, group);
  using Carry = ScanCarry<T>;
  Carry* carries = reinterpret_cast<Carry*>(rates + table_floats);
  T* stages = reinterpret_cast<T*>(carries + table_floats);
  const int tile_elements = kLanes * run_stride;
  constexpr int kStagedStates = kTileTokens * kStateTile;
  T* b_staged = stages + 2 * stage_elements;
  T* c_staged = b_staged + kStagedStates;

  for (int i = static_cast<int>(threadIdx.x); i < states * group; i += threads) {
    const int n = i / group;
    const int c = i - n * group;
    const bool valid = c < valid_channels;
    rates[i] = valid ? p.a[static_cast<int64_t>(n) * p.channels + first_channel + c] * kLog2E : 0.0f;
    carries[i] = valid ? p.past_state[(batch * p.states + n) * p.channels + first_channel + c] : 0.0f;
  }

  float bias[kChannels];
  float skip[kChannels];
#pragma unroll
  for (int j = 0; j < kChannels; ++j) {
    const bool valid = local + j < valid_channels;
    bias[j] = valid && p.delta_bias != nullptr ? p.delta_bias[first_channel + local + j] : 0.0f;
    skip[j] = valid && p.d != nullptr ? p.d[first_channel + local + j] : 0.0f;
  }

  const T* u = p.u + batch * p.length * p.u_stride + first_channel;
  const T* delta = p.delta + batch * p.length * p.delta_stride + first_channel;
  const T* z = p.z == nullptr ? nullptr : p.z + batch * p.length * p.z_stride + first_channel;
  const T* b = p.b + batch * p.length * p.b_stride;
  const T* c = p.c + batch * p.length * p.c_stride;
  T* y = p.y + batch * p.length * p.channels + first_channel;
  const int first_states = states < kStateTile ? states : kStateTile;

  const auto rows_of = [&](int64_t t0) { return p.length - t0 < kTileTokens ? static_cast<int>(p.length - t0) : kTileTokens; };
  const auto start_channels = [&](int64_t t0, int stage) {
    T* buffer = stages + stage * stage_elements;
    const int rows = rows_of(t0);
    FillTile(threads, buffer, u + t0 * p.u_stride, p.u_stride, kTileTokens, rows, group, valid_channels, kTokens, run_stride, group,
             copy_bytes);
    FillTile(threads, buffer + tile_elements, delta + t0 * p.delta_stride, p.delta_stride, kTileTokens, rows, group, valid_channels,
             kTokens, run_stride, group, copy_bytes);
    if (z != nullptr) {
      FillTile(threads, buffer + 2 * tile_elements, z + t0 * p.z_stride, p.z_stride, kTileTokens, rows, group, valid_channels, kTokens,
               run_stride, group, copy_bytes);
    }
    CommitCopies();
  };
  const auto start_states = [&](int64_t t0) {
    const int rows = rows_of(t0);
    FillTile(threads, b_staged, b + t0 * p.b_stride, p.b_stride, kTileTokens, rows, kStateTile, first_states, kTileTokens, 0, kStateTile,
             state_copy_bytes);
    FillTile(threads, c_staged, c + t0 * p.c_stride, p.c_stride, kTileTokens, rows, kStateTile, first_states, kTileTokens, 0, kStateTile,
             state_copy_bytes);
    CommitCopies();
  };

  start_channels(0, 0);
  start_states(0);
  int stage = 0;
  for (int64_t t0 = 0; t0 < p.length; t0 += kTileTokens, stage ^= 1) {
    const int64_t next = t0 + kTileTokens;
    WaitForCopies<0>();
    __syncthreads();
    if (next < p.length) start_channels(next, stage ^ 1);

    T* u_tile = stages + stage * stage_elements;
    const T* delta_tile = u_tile + tile_elements;
    const T* z_tile = delta_tile + tile_elements;
    const int rows = rows_of(t0);
    TransposeStates<T, kTokens, kTileTokens, kRow>(threads, b_rows, b_staged, kStateTile, rows, first_states);
    TransposeStates<T, kTokens, kTileTokens, kRow>(threads, c_rows, c_staged, kStateTile, rows, first_states);

    float dt[kChannels][kTokens];
    float x[kChannels][kTokens];
    float sum[kChannels][kTokens];
    // Of the first and the second half of the run.
    float total[kChannels][2];
    const int base = time_lane * run_stride + local;
#pragma unroll
    for (int j = 0; j < kChannels; ++j) {
      total[j][0] = total[j][1] = 0.0f;
#pragma unroll
      for (int k = 0; k < kTokens; ++k) {
        const float raw = ToFloat(delta_tile[base + k * group + j]) + bias[j];
        const float step = p.delta_softplus ? M::Softplus(raw) : raw;
        const float input = ToFloat(u_tile[base + k * group + j]);
        // Behind the last token nothing moves: a decay of one and no input.
        dt[j][k] = time_lane * kTokens + k < rows ? step : 0.0f;
        x[j][k] = dt[j][k] * input;
        sum[j][k] = skip[j] * input;
        total[j][k >= kTokens / 2] += dt[j][k];
      }
    }
    __syncthreads();
    if (next < p.length) start_states(next);

    for (int first_state = 0; first_state < states; first_state += kStateTile) {
      const int count = states - first_state < kStateTile ? states - first_state : kStateTile;
      if (first_state > 0) {
        __syncthreads();
        TransposeStates<T, kTokens, kTileTokens, kRow>(threads, b_rows, b + t0 * p.b_stride + first_state, p.b_stride, rows, count);
        TransposeStates<T, kTokens, kTileTokens, kRow>(threads, c_rows, c + t0 * p.c_stride + first_state, p.c_stride, rows, count);
        __syncthreads();
      }
#pragma unroll(kKnown ? 2 : 1)
      for (int n = 0; n < count; ++n) {
        const float* b_row = b_rows + n * kRow + time_lane * (kTokens + 4);
        const float* c_row = c_rows + n * kRow + time_lane * (kTokens + 4);
        const int entry = (first_state + n) * group + local;
        float a[kChannels][kTokens];
        float bx[kChannels][kTokens];
        float decay[kChannels][2];
        float half[kChannels];
        Carry product[kChannels];
        Carry end[kChannels];
        Carry before[kChannels];
#pragma unroll
        for (int j = 0; j < kChannels; ++j) {
          const float rate = rates[entry + j];
          // Only the first lane needs the state before the tile, and the last lane replaces it below, after the first lane's
          // value has reached it through the shuffles.
          before[j] = time_lane == 0 ? carries[entry + j] : Carry{0};
#pragma unroll
          for (int k = 0; k < kTokens; ++k) a[j][k] = M::Exp2(dt[j][k] * rate);
          decay[j][0] = M::Exp2(total[j][0] * rate);
          decay[j][1] = M::Exp2(total[j][1] * rate);
          product[j] = static_cast<Carry>(decay[j][0]) * decay[j][1];
        }
#pragma unroll
        for (int k = 0; k < kTokens; k += 4) {
          const Vector<float, 4> values = LoadVector<float, 4>(b_row + k);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < kChannels; ++j) bx[j][k + i] = x[j][k + i] * values.element[i];
          }
        }
#pragma unroll
        for (int j = 0; j < kChannels; ++j) {
          // The halves are two chains of half the latency.
          float first = bx[j][0];
          float second = bx[j][kTokens / 2];
#pragma unroll
          for (int k = 1; k < kTokens / 2; ++k) {
            first = fmaf(a[j][k], first, bx[j][k]);
            second = fmaf(a[j][kTokens / 2 + k], second, bx[j][kTokens / 2 + k]);
          }
          half[j] = first;
          end[j] = fma(product[j], before[j], static_cast<Carry>(fmaf(decay[j][1], first, second)));
        }
#pragma unroll
        for (int distance = 1; distance < kLanes; distance *= 2) {
#pragma unroll
          for (int j = 0; j < kChannels; ++j) {
            const Carry end_before = __shfl_up_sync(kFullWarp, end[j], distance * kColumns);
            const Carry product_before = __shfl_up_sync(kFullWarp, product[j], distance * kColumns);
            if (time_lane >= distance) {
              end[j] = fma(product[j], end_before, end[j]);
              product[j] *= product_before;
            }
          }
        }
        float h[kChannels][2];
        // The first lane has read the state that the last lane replaces now.
        __syncwarp();
#pragma unroll
        for (int j = 0; j < kChannels; ++j) {
          const Carry end_before = __shfl_up_sync(kFullWarp, end[j], kColumns);
          if (time_lane > 0) before[j] = end_before;
          if (time_lane == kLanes - 1) carries[entry + j] = end[j];
          h[j][0] = static_cast<float>(before[j]);
          h[j][1] = fmaf(decay[j][0], h[j][0], half[j]);
        }
#pragma unroll
        for (int k = 0; k < kTokens / 2; k += 4) {
          const Vector<float, 4> first = LoadVector<float, 4>(c_row + k);
          const Vector<float, 4> second = LoadVector<float, 4>(c_row + kTokens / 2 + k);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            const int late = kTokens / 2 + k + i;
#pragma unroll
            for (int j = 0; j < kChannels; ++j) {
              h[j][0] = fmaf(a[j][k + i], h[j][0], bx[j][k + i]);
              sum[j][k + i] = fmaf(first.element[i], h[j][0], sum[j][k + i]);
              h[j][1] = fmaf(a[j][late], h[j][1], bx[j][late]);
              sum[j][late] = fmaf(second.element[i], h[j][1], sum[j][late]);
            }
          }
        }
      }
    }

    // The output takes the place of u, whose elements this lane alone has read.
#pragma unroll
    for (int j = 0; j < kChannels; ++j) {
#pragma unroll
      for (int k = 0; k < kTokens; ++k) {
        const float gate = z == nullptr ? 1.0f : M::Silu(ToFloat(z_tile[base + k * group + j]));
        u_tile[base + k * group + j] = FromFloat<T>(sum[j][k] * gate);
      }
    }
    __syncthreads();

    T* y_rows = y + t0 * p.channels;
    if (copy_bytes == 16) {
      constexpr int kElements = kVectorElements<T>;
      const int chunks = group / kElements;
      for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += threads) {
        const int row = i / chunks;
        const int column = (i - row * chunks) * kElements;
        if (column < valid_channels) {
          const int at = (row / kTokens) * run_stride + (row % kTokens) * group + column;
          StoreVector<T, kElements>(y_rows + static_cast<int64_t>(row) * p.channels + column, LoadVector<T, kElements>(u_tile + at));
        }
      }
    } else if (copy_bytes == 8) {
      constexpr int kElements = kVectorElements<T> / 2;
      const int chunks = group / kElements;
      for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += threads) {
        const int row = i / chunks;
        const int column = (i - row * chunks) * kElements;
        if (column < valid_channels) {
          const int at = (row / kTokens) * run_stride + (row % kTokens) * group + column;
          StoreVector<T, kElements>(y_rows + static_cast<int64_t>(row) * p.channels + column, LoadVector<T, kElements>(u_tile + at));
        }
      }
    } else {
      for (int i = static_cast<int>(threadIdx.x); i < rows * group; i += threads) {
        const int row = i / group;
        const int column = i - row * group;
        if (column < valid_channels) {
          y_rows[static_cast<int64_t>(row) * p.channels + column] =
              u_tile[(row / kTokens) * run_stride + (row % kTokens) * group + column];
        }
      }
    }
    // The stage is filled again at the start of the next turn.
    __syncthreads();
  }

  for (int i = static_cast<int>(threadIdx.x); i < states * group; i += threads) {
    const int n = i / group;
    const int column = i - n * group;
    if (column < valid_channels) {
      p.present_state[(batch * p.states + n) * p.channels + first_channel + column] = static_cast<float>(carries[i]);
    }
  }
}

/// Shared memory of a block, and the tiling that goes with it.
template <typename T, int kLanes, int kTokens, int kChannels>
size_t PlanSelectiveScan(const SelectiveScanArguments<T>& p, int group, SelectiveScanTiling& tiling) {
  constexpr int kTileTokens = kLanes * kTokens;
  constexpr int kRow = kLanes * (kTokens + 4);
  const auto aligned = [&](int bytes) {
    const int64_t size = bytes;
    return group * static_cast<int64_t>(sizeof(T)) % size == 0 && p.channels * static_cast<int64_t>(sizeof(T)) % size == 0 &&
           RowsAligned(p.u, p.u_stride, size) && RowsAligned(p.delta, p.delta_stride, size) &&
           RowsAligned(p.z, p.z_stride, size) && RowsAligned(p.y, p.channels, size);
  };
  tiling.group = group;
  tiling.copy_bytes = aligned(16) ? 16 : (aligned(8) ? 8 : 0);
  const bool states_aligned =
      p.states % kVectorElements<T> == 0 && RowsAligned(p.b, p.b_stride, 16) && RowsAligned(p.c, p.c_stride, 16);
  tiling.state_copy_bytes = states_aligned ? 16 : 0;
  tiling.run_stride = SelectiveScanRunStride<T, kLanes, kTokens, kChannels>(group, tiling.copy_bytes);
  return sizeof(float) * 2 * static_cast<size_t>(kStateTile) * kRow +
         (sizeof(float) + sizeof(ScanCarry<T>)) * static_cast<size_t>(SelectiveScanTableFloats(p.states, group)) +
         2 * sizeof(T) * (3 * kLanes * static_cast<size_t>(tiling.run_stride) + static_cast<size_t>(kTileTokens) * kStateTile);
}

/// Whether a kernel made for blocks of `group` channels computes this.
template <typename T>
bool KnownScan(const SelectiveScanArguments<T>& p, const SelectiveScanTiling& tiling) {
  return p.states == kStateTile && p.channels % tiling.group == 0 && tiling.copy_bytes == GroupCopyBytes<T>(tiling.group) &&
         tiling.copy_bytes > 0 && tiling.state_copy_bytes == 16;
}

/// Starts the kernel with blocks of `group` channels; 0 takes the group that leaves the busiest multiprocessor the least to do.
/// Blocks of `kKnownGroups` channels have kernels of their own.
template <typename T, int kLanes, int kTokens, int kChannels, int... kKnownGroups>
cudaError_t LaunchTimeParallelScan(const SelectiveScanArguments<T>& p, const Device& device, int group, cudaStream_t stream) {
  constexpr int kWarpChannels = 32 / kLanes * kChannels;
  constexpr int kFewWarps = 4;
  // Registers allow about this many warps on a multiprocessor.
  constexpr int kResidentWarps = 16;
  constexpr int kReservedBytes = 1024;
  // What a kernel that knows everything ahead saves: a fifth of its time.
  constexpr int64_t kKnownCost = 4;
  constexpr int64_t kUnknownCost = 5;
  SelectiveScanTiling tiling{};
  if (group == 0) {
    int64_t least = INT64_MAX;
    for (int warps = 1; warps <= kMaximumScanThreads / 32; ++warps) {
      const int candidate = warps * kWarpChannels;
      const size_t bytes = PlanSelectiveScan<T, kLanes, kTokens, kChannels>(p, candidate, tiling);
      if (bytes > static_cast<size_t>(device.shared_bytes_per_block)) break;
      const int64_t resident = std::max<int64_t>(
          1, std::min<int64_t>(device.shared_bytes / static_cast<int64_t>(bytes + kReservedBytes), kResidentWarps / warps));
      const int64_t blocks = p.batch * ((p.channels + candidate - 1) / candidate);
      const int64_t wave = device.multiprocessors * resident;
      const int64_t full_waves = blocks / wave;
      const int64_t rest = (blocks % wave + device.multiprocessors - 1) / device.multiprocessors;
      const bool known = ((candidate == kKnownGroups) || ...) && KnownScan(p, tiling);
      const int64_t load = (full_waves * resident + rest) * candidate * (known ? kKnownCost : kUnknownCost);
      if (load < least || (load == least && group < kFewWarps * kWarpChannels)) {
        least = load;
        group = candidate;
      }
    }
  }
  if (group == 0) return cudaErrorInvalidConfiguration;
  if (group < 0 || group % kWarpChannels != 0) return cudaErrorInvalidValue;
  if (group / kWarpChannels > kMaximumScanThreads / 32) return cudaErrorInvalidConfiguration;
  const size_t bytes = PlanSelectiveScan<T, kLanes, kTokens, kChannels>(p, group, tiling);
  if (bytes > static_cast<size_t>(device.shared_bytes_per_block)) return cudaErrorInvalidConfiguration;
  const dim3 grid(static_cast<unsigned>((p.channels + group - 1) / group), static_cast<unsigned>(p.batch));
  const dim3 block(static_cast<unsigned>(group / kWarpChannels) * 32);
  auto* kernel = SelectiveScanTimeParallelKernel<T, kLanes, kTokens, kChannels, 0>;
  if (KnownScan(p, tiling)) {
    ((group == kKnownGroups ? void(kernel = SelectiveScanTimeParallelKernel<T, kLanes, kTokens, kChannels, kKnownGroups>) : void()), ...);
  }
  return Launch(kernel, grid, block, bytes, stream, p, tiling);
}

}  // namespace edgefleet::cuda
