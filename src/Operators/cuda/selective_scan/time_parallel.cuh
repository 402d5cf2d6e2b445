// SelectiveScan of many tokens in one pass.
//
// h[t] = a[t] h[t-1] + b[t] is a linear recurrence, so its steps compose: a run of tokens acts on the state before it as
// h -> P h + q. A block owns some channels and walks over tiles of tokens. Within a tile each of kLanes lanes takes kTokens
// tokens of a channel, finds its P and q from zero, and a scan over the lanes gives it the state before its first token; then
// it runs through its tokens once more, now with the true state, and sums the output. The exponentials, which limit the
// speed, are computed once and stay in registers in between. Global memory is read once, through shared memory, a tile ahead.
#pragma once

#include <algorithm>
#include <cstdint>

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
  /// Elements of T in one stage of the tile buffers.
  int stage_elements;
};

inline constexpr int kMaximumScanThreads = 512;

/// States whose B and C are in shared memory together.
inline constexpr int kStateTile = 16;

/// Floats of a table with an entry for each state and channel of a block; what follows it is aligned to 16 bytes.
__host__ __device__ constexpr int SelectiveScanTableFloats(int states, int group) { return (states * group + 3) / 4 * 4; }

template <typename T, int kBytes>
__device__ __forceinline__ void CopyRows(T* to, const T* from, int64_t from_stride, int rows, int valid_rows, int columns,
                                         int valid_columns, int run, int run_stride, int row_stride) {
  constexpr int kElements = kBytes / static_cast<int>(sizeof(T));
  const int chunks = columns / kElements;
  for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += static_cast<int>(blockDim.x)) {
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
__device__ __forceinline__ void FillTile(T* to, const T* from, int64_t from_stride, int rows, int valid_rows, int columns,
                                         int valid_columns, int run, int run_stride, int row_stride, int copy_bytes) {
  if (copy_bytes == 16) {
    CopyRows<T, 16>(to, from, from_stride, rows, valid_rows, columns, valid_columns, run, run_stride, row_stride);
  } else if (copy_bytes == 8) {
    CopyRows<T, 8>(to, from, from_stride, rows, valid_rows, columns, valid_columns, run, run_stride, row_stride);
  } else {
    for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += static_cast<int>(blockDim.x)) {
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
__device__ __forceinline__ void TransposeStates(float* to, const T* from, int64_t from_stride, int valid_rows, int states) {
  constexpr int kQuad = 4;
  for (int i = static_cast<int>(threadIdx.x); i < kTileTokens * (kStateTile / kQuad); i += static_cast<int>(blockDim.x)) {
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

template <typename T, int kLanes, int kTokens, int kChannels>
__global__ void __launch_bounds__(kMaximumScanThreads)
    SelectiveScanTimeParallelKernel(const SelectiveScanArguments<T> p, const SelectiveScanTiling tiling) {
  static_assert(32 % kLanes == 0 && kTokens % 4 == 0, "lanes divide a warp, tokens are read four at a time");
  using M = Math<T>;
  constexpr int kColumns = 32 / kLanes;
  constexpr int kTileTokens = kLanes * kTokens;
  constexpr int kRow = kLanes * (kTokens + 4);

  const int group = tiling.group;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int time_lane = lane / kColumns;
  const int local = (warp * kColumns + lane % kColumns) * kChannels;
  const int first_channel = static_cast<int>(blockIdx.x) * group;
  const int valid_channels = p.channels - first_channel < group ? p.channels - first_channel : group;
  const int64_t batch = blockIdx.y;

  float* b_rows = reinterpret_cast<float*>(DynamicShared());
  float* c_rows = b_rows + kStateTile * kRow;
  float* rates = c_rows + kStateTile * kRow;
  const int table_floats = SelectiveScanTableFloats(p.states, group);
  float* carries = rates + table_floats;
  T* stages = reinterpret_cast<T*>(carries + table_floats);
  const int tile_elements = kLanes * tiling.run_stride;
  const int staged_states = kTileTokens * kStateTile;

  for (int i = static_cast<int>(threadIdx.x); i < p.states * group; i += static_cast<int>(blockDim.x)) {
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
  const int first_states = p.states < kStateTile ? p.states : kStateTile;

  const auto start_copies = [&](int64_t t0, int stage) {
    T* buffer = stages + static_cast<int64_t>(stage) * tiling.stage_elements;
    const int rows = p.length - t0 < kTileTokens ? static_cast<int>(p.length - t0) : kTileTokens;
    FillTile(buffer, u + t0 * p.u_stride, p.u_stride, kTileTokens, rows, group, valid_channels, kTokens, tiling.run_stride, group,
             tiling.copy_bytes);
    FillTile(buffer + tile_elements, delta + t0 * p.delta_stride, p.delta_stride, kTileTokens, rows, group, valid_channels, kTokens,
             tiling.run_stride, group, tiling.copy_bytes);
    if (z != nullptr) {
      FillTile(buffer + 2 * tile_elements, z + t0 * p.z_stride, p.z_stride, kTileTokens, rows, group, valid_channels, kTokens,
               tiling.run_stride, group, tiling.copy_bytes);
    }
    T* states = buffer + 3 * tile_elements;
    FillTile(states, b + t0 * p.b_stride, p.b_stride, kTileTokens, rows, kStateTile, first_states, kTileTokens, 0, kStateTile,
             tiling.state_copy_bytes);
    FillTile(states + staged_states, c + t0 * p.c_stride, p.c_stride, kTileTokens, rows, kStateTile, first_states, kTileTokens, 0,
             kStateTile, tiling.state_copy_bytes);
    CommitCopies();
  };

  start_copies(0, 0);
  int stage = 0;
  for (int64_t t0 = 0; t0 < p.length; t0 += kTileTokens, stage ^= 1) {
    if (t0 + kTileTokens < p.length) {
      start_copies(t0 + kTileTokens, stage ^ 1);
      WaitForCopies<1>();
    } else {
      WaitForCopies<0>();
    }
    __syncthreads();

    T* u_tile = stages + static_cast<int64_t>(stage) * tiling.stage_elements;
    const T* delta_tile = u_tile + tile_elements;
    const T* z_tile = delta_tile + tile_elements;
    const T* states_tile = z_tile + tile_elements;
    const int rows = p.length - t0 < kTileTokens ? static_cast<int>(p.length - t0) : kTileTokens;
    TransposeStates<T, kTokens, kTileTokens, kRow>(b_rows, states_tile, kStateTile, rows, first_states);
    TransposeStates<T, kTokens, kTileTokens, kRow>(c_rows, states_tile + staged_states, kStateTile, rows, first_states);

    float dt[kChannels][kTokens];
    float x[kChannels][kTokens];
    float sum[kChannels][kTokens];
    float total[kChannels];
    const int base = time_lane * tiling.run_stride + local;
#pragma unroll
    for (int j = 0; j < kChannels; ++j) {
      total[j] = 0.0f;
#pragma unroll
      for (int k = 0; k < kTokens; ++k) {
        const float raw = ToFloat(delta_tile[base + k * group + j]) + bias[j];
        const float step = p.delta_softplus ? M::Softplus(raw) : raw;
        const float input = ToFloat(u_tile[base + k * group + j]);
        // Behind the last token nothing moves: a decay of one and no input.
        dt[j][k] = time_lane * kTokens + k < rows ? step : 0.0f;
        x[j][k] = dt[j][k] * input;
        sum[j][k] = skip[j] * input;
        total[j] += dt[j][k];
      }
    }
    __syncthreads();

    for (int first_state = 0; first_state < p.states; first_state += kStateTile) {
      const int count = p.states - first_state < kStateTile ? p.states - first_state : kStateTile;
      if (first_state > 0) {
        __syncthreads();
        TransposeStates<T, kTokens, kTileTokens, kRow>(b_rows, b + t0 * p.b_stride + first_state, p.b_stride, rows, count);
        TransposeStates<T, kTokens, kTileTokens, kRow>(c_rows, c + t0 * p.c_stride + first_state, p.c_stride, rows, count);
        __syncthreads();
      }
      for (int n = 0; n < count; ++n) {
        const float* b_row = b_rows + n * kRow + time_lane * (kTokens + 4);
        const float* c_row = c_rows + n * kRow + time_lane * (kTokens + 4);
        const int entry = (first_state + n) * group + local;
        float a[kChannels][kTokens];
        float bx[kChannels][kTokens];
        float product[kChannels];
        float h[kChannels];
        float before[kChannels];
#pragma unroll
        for (int j = 0; j < kChannels; ++j) {
          const float rate = rates[entry + j];
          // Only the first lane needs the state before the tile, and the last lane replaces it below, after the first lane's
          // value has reached it through the shuffles.
          before[j] = time_lane == 0 ? carries[entry + j] : 0.0f;
#pragma unroll
          for (int k = 0; k < kTokens; ++k) a[j][k] = M::Exp2(dt[j][k] * rate);
          product[j] = M::Exp2(total[j] * rate);
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
          h[j] = before[j];
#pragma unroll
          for (int k = 0; k < kTokens; ++k) h[j] = fmaf(a[j][k], h[j], bx[j][k]);
        }
#pragma unroll
        for (int distance = 1; distance < kLanes; distance *= 2) {
#pragma unroll
          for (int j = 0; j < kChannels; ++j) {
            const float h_before = __shfl_up_sync(kFullWarp, h[j], distance * kColumns);
            const float product_before = __shfl_up_sync(kFullWarp, product[j], distance * kColumns);
            if (time_lane >= distance) {
              h[j] = fmaf(product[j], h_before, h[j]);
              product[j] *= product_before;
            }
          }
        }
#pragma unroll
        for (int j = 0; j < kChannels; ++j) {
          const float h_before = __shfl_up_sync(kFullWarp, h[j], kColumns);
          if (time_lane > 0) before[j] = h_before;
          if (time_lane == kLanes - 1) carries[entry + j] = h[j];
        }
#pragma unroll
        for (int k = 0; k < kTokens; k += 4) {
          const Vector<float, 4> values = LoadVector<float, 4>(c_row + k);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < kChannels; ++j) {
              before[j] = fmaf(a[j][k + i], before[j], bx[j][k + i]);
              sum[j][k + i] = fmaf(values.element[i], before[j], sum[j][k + i]);
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
    if (tiling.copy_bytes == 16) {
      constexpr int kElements = kVectorElements<T>;
      const int chunks = group / kElements;
      for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += static_cast<int>(blockDim.x)) {
        const int row = i / chunks;
        const int column = (i - row * chunks) * kElements;
        if (column < valid_channels) {
          const int at = (row / kTokens) * tiling.run_stride + (row % kTokens) * group + column;
          StoreVector<T, kElements>(y_rows + static_cast<int64_t>(row) * p.channels + column, LoadVector<T, kElements>(u_tile + at));
        }
      }
    } else if (tiling.copy_bytes == 8) {
      constexpr int kElements = kVectorElements<T> / 2;
      const int chunks = group / kElements;
      for (int i = static_cast<int>(threadIdx.x); i < rows * chunks; i += static_cast<int>(blockDim.x)) {
        const int row = i / chunks;
        const int column = (i - row * chunks) * kElements;
        if (column < valid_channels) {
          const int at = (row / kTokens) * tiling.run_stride + (row % kTokens) * group + column;
          StoreVector<T, kElements>(y_rows + static_cast<int64_t>(row) * p.channels + column, LoadVector<T, kElements>(u_tile + at));
        }
      }
    } else {
      for (int i = static_cast<int>(threadIdx.x); i < rows * group; i += static_cast<int>(blockDim.x)) {
        const int row = i / group;
        const int column = i - row * group;
        if (column < valid_channels) {
          y_rows[static_cast<int64_t>(row) * p.channels + column] =
              u_tile[(row / kTokens) * tiling.run_stride + (row % kTokens) * group + column];
        }
      }
    }
    // The stage is filled again at the start of the next turn.
    __syncthreads();
  }

  for (int i = static_cast<int>(threadIdx.x); i < p.states * group; i += static_cast<int>(blockDim.x)) {
    const int n = i / group;
    const int column = i - n * group;
    if (column < valid_channels) p.present_state[(batch * p.states + n) * p.channels + first_channel + column] = carries[i];
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
  const int granule = tiling.copy_bytes == 0 ? static_cast<int>(sizeof(T)) : tiling.copy_bytes;
  // The lanes of one token read neighbouring elements; the next lane's run starts where these end, modulo the banks.
  const int unit = std::max({granule, (32 / kLanes) * kChannels * static_cast<int>(sizeof(T)), 4});
  int run_bytes = kTokens * group * static_cast<int>(sizeof(T));
  while (run_bytes % (2 * unit) != unit) run_bytes += granule;
  tiling.run_stride = run_bytes / static_cast<int>(sizeof(T));
  tiling.stage_elements = 3 * kLanes * tiling.run_stride + 2 * kTileTokens * kStateTile;
  return sizeof(float) * (2 * static_cast<size_t>(kStateTile) * kRow + 2 * static_cast<size_t>(SelectiveScanTableFloats(p.states, group))) +
         2 * sizeof(T) * static_cast<size_t>(tiling.stage_elements);
}

/// Starts the kernel with blocks of `group` channels; 0 takes the group that leaves the busiest multiprocessor the least to do.
template <typename T, int kLanes, int kTokens, int kChannels>
cudaError_t LaunchTimeParallelScan(const SelectiveScanArguments<T>& p, const Device& device, int group, cudaStream_t stream) {
  constexpr int kWarpChannels = 32 / kLanes * kChannels;
  constexpr int kFewWarps = 4;
  // Registers allow about this many warps on a multiprocessor.
  constexpr int kResidentWarps = 16;
  constexpr int kReservedBytes = 1024;
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
      const int64_t load = (full_waves * resident + rest) * candidate;
      if (load < least || (load == least && group < kFewWarps * kWarpChannels)) {
        least = load;
        group = candidate;
      }
    }
  }
  if (group == 0) return cudaErrorInvalidConfiguration;
  if (group < 0 || group % kWarpChannels != 0 || group / kWarpChannels > kMaximumScanThreads / 32) return cudaErrorInvalidValue;
  const size_t bytes = PlanSelectiveScan<T, kLanes, kTokens, kChannels>(p, group, tiling);
  if (bytes > static_cast<size_t>(device.shared_bytes_per_block)) return cudaErrorInvalidConfiguration;
  const dim3 grid(static_cast<unsigned>((p.channels + group - 1) / group), static_cast<unsigned>(p.batch));
  return Launch(SelectiveScanTimeParallelKernel<T, kLanes, kTokens, kChannels>, grid,
                dim3(static_cast<unsigned>(group / kWarpChannels) * 32), bytes, stream, p, tiling);
}

}  // namespace edgefleet::cuda
