// StateSpaceDual of many tokens on the tensor cores (arXiv 2405.21060, section 6), float16 in and out, states in float32.
//
// A block owns some columns p of a head's state S[n, p] and walks over chunks of 64 tokens. With cum[i] the sum of dt A up to
// token i of the chunk and S the state before it,
//   y = exp(cum) * (C S) + M x,  M[i, j] = (C B^T)[i, j] exp(cum[i] - cum[j]) dt[j] for j <= i,
//   S <- exp(cum[63]) S + B^T w, w[j] = x[j] dt[j] exp(cum[63] - cum[j]).
// S stays in registers as accumulators; a copy in float16 is what C multiplies with. Columns are independent of each other, so
// no state ever passes between blocks, and one launch does all; the price is that C B^T is computed by each block of a head.
#pragma once

#include <cstddef>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "state_space_dual/recurrent.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

inline constexpr int kChunk = 64;
inline constexpr int kChunkedThreads = 256;

/// Shared memory of a block. Rows are padded by 16 bytes, so that the eight rows of a matrix load meet different banks.
template <int kColumns, int kStates, int kStages>
struct ChunkedTiles {
  static constexpr int kPad = 8;
  static constexpr int kStateRow = kStates + kPad;
  static constexpr int kColumnRow = kColumns + kPad;
  static constexpr int kChunkRow = kChunk + kPad;
  static constexpr int kOutputRow = kColumns + 4;

  __half b[kStages][kChunk * kStateRow];
  __half c[kStages][kChunk * kStateRow];
  __half x[kStages][kChunk * kColumnRow];
  __half m[kChunk * kChunkRow];
  __half state[kStates * kColumnRow];
  __half weighted[kChunk * kColumnRow];
  float output[kChunk * kOutputRow];
  float cumulative[2][kChunk];
  float steps[2][kChunk];
};

template <int kWidth>
__device__ __forceinline__ void CopyChunk(__half* to, int to_stride, const __half* from, int64_t from_stride, int rows) {
  constexpr int kChunks = kWidth / 8;
  for (int i = static_cast<int>(threadIdx.x); i < kChunk * kChunks; i += kChunkedThreads) {
    const int row = i / kChunks;
    const int column = (i % kChunks) * 8;
    const bool valid = row < rows;
    CopyAsync<16>(to + row * to_stride + column, valid ? from + row * from_stride + column : from, valid);
  }
}

/// Step sizes and running sums of a chunk from the raw steps of tokens 2 * lane and 2 * lane + 1; by one warp.
__device__ __forceinline__ void SumSteps(const StateSpaceDualArguments<__half>& p, float raw0, float raw1, int rows, float rate,
                                         float* steps, float* cumulative) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const float dt0 = 2 * lane < rows ? DualStep(p, raw0) : 0.0f;
  const float dt1 = 2 * lane + 1 < rows ? DualStep(p, raw1) : 0.0f;
  float sum = dt0 * rate + dt1 * rate;
#pragma unroll
  for (int distance = 1; distance < 32; distance *= 2) {
    const float before = __shfl_up_sync(kFullWarp, sum, distance);
    if (lane >= distance) sum += before;
  }
  const float before = __shfl_up_sync(kFullWarp, sum, 1);
  steps[2 * lane] = dt0;
  steps[2 * lane + 1] = dt1;
  cumulative[2 * lane] = (lane == 0 ? 0.0f : before) + dt0 * rate;
  cumulative[2 * lane + 1] = sum;
}

template <int kColumns, int kStates, int kStages>
__global__ void __launch_bounds__(kChunkedThreads) StateSpaceDualChunkedKernel(const StateSpaceDualArguments<__half> p) {
  using Tiles = ChunkedTiles<kColumns, kStates, kStages>;
  constexpr int kStateSteps = kStates / 16;
  constexpr int kWarps = kChunkedThreads / 32;
  // Of the state, a warp holds kRowTiles x kColumnTiles accumulator tiles of 16 x 8.
  constexpr int kRowWarps = kStateSteps < kWarps ? kStateSteps : kWarps;
  constexpr int kRowTiles = kStateSteps / kRowWarps;
  constexpr int kStateColumns = kColumns / (kWarps / kRowWarps);
  constexpr int kColumnTiles = kStateColumns / 8;
  // Of the output, a warp computes 16 rows and half of the columns.
  constexpr int kOutputColumns = kColumns / 2;
  constexpr int kOutputTiles = kOutputColumns / 8;
  constexpr int kVectorsPerThread = kChunk * kColumns / 8 / kChunkedThreads;
  static_assert(kStateColumns % 16 == 0 && kOutputColumns % 16 == 0 && kStateSteps % kRowWarps == 0, "matrix loads cover 16 columns");

  Tiles& tiles = *reinterpret_cast<Tiles*>(DynamicShared());
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int first_column = static_cast<int>(blockIdx.x) * kColumns;
  const int head = static_cast<int>(blockIdx.y);
  const int64_t batch = blockIdx.z;
  const int group = head / (p.heads / p.groups);
  const int64_t channel = static_cast<int64_t>(head) * p.head_size + first_column;
  const int64_t y_stride = static_cast<int64_t>(p.heads) * p.head_size;
  const int64_t first_row = batch * p.length;

  const __half* x = p.x + first_row * p.x_stride + channel;
  const __half* dt = p.dt + first_row * p.dt_stride + head;
  const __half* b = p.b + first_row * p.b_stride + static_cast<int64_t>(group) * p.states;
  const __half* c = p.c + first_row * p.c_stride + static_cast<int64_t>(group) * p.states;
  const __half* z = p.z == nullptr ? nullptr : p.z + first_row * p.z_stride + channel;
  __half* y = p.y + first_row * y_stride + channel;
  const float rate = p.a[head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[head];
  const float skip = p.d == nullptr ? 0.0f : p.d[head];

  // Which part of an accumulator tile this lane holds: rows `tile_row` and `tile_row + 8`, columns `tile_column` and the next.
  const int tile_row = lane / 4;
  const int tile_column = (lane % 4) * 2;
  // The row and column a lane addresses in a matrix load: operand a; operand b stored [n][k]; operand a stored [k][m].
  const int a_row = lane % 16;
  const int a_column = (lane / 16) * 8;
  const int b_row = lane % 8 + (lane / 16) * 8;
  const int b_column = ((lane / 8) % 2) * 8;

  // Rows of the chunk. Later rows have more columns of M; a scheduler gets warps w and w + 4, hence an early and a late row block.
  const int row_block = warp < 4 ? warp : 7 - warp;
  const int half = warp / 4;
  const int row = row_block * 16;

  const int state_row = (warp % kRowWarps) * kRowTiles * 16;
  const int state_column = (warp / kRowWarps) * kStateColumns;
  const int64_t state_base = (batch * p.heads + head) * static_cast<int64_t>(p.states) * p.head_size + first_column;

  float s[kRowTiles][kColumnTiles][4];
#pragma unroll
  for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
    for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
      for (int q = 0; q < 4; ++q) {
        const int n = state_row + i * 16 + tile_row + (q / 2) * 8;
        const int col = state_column + j * 8 + tile_column + q % 2;
        s[i][j][q] = p.past_state[state_base + static_cast<int64_t>(n) * p.head_size + col];
      }
    }
  }

  const auto rows_of = [&](int64_t t0) { return p.length - t0 < kChunk ? static_cast<int>(p.length - t0) : kChunk; };
  const auto start_copies = [&](int64_t t0, int stage) {
    const int rows = rows_of(t0);
    CopyChunk<kStates>(tiles.c[stage], Tiles::kStateRow, c + t0 * p.c_stride, p.c_stride, rows);
    CopyChunk<kStates>(tiles.b[stage], Tiles::kStateRow, b + t0 * p.b_stride, p.b_stride, rows);
    CopyChunk<kColumns>(tiles.x[stage], Tiles::kColumnRow, x + t0 * p.x_stride, p.x_stride, rows);
    CommitCopies();
  };
  const auto raw_step = [&](int64_t t) { return t < p.length ? ToFloat(dt[t * p.dt_stride]) + bias : 0.0f; };
  const auto load_gate = [&](int64_t t0, Vector<__half, 8> (&gate)[kVectorsPerThread]) {
#pragma unroll
    for (int v = 0; v < kVectorsPerThread; ++v) {
      const int i = static_cast<int>(threadIdx.x) + v * kChunkedThreads;
      const int t = i / (kColumns / 8);
      if (t < rows_of(t0)) gate[v] = LoadVector<__half, 8>(z + (t0 + t) * p.z_stride + (i % (kColumns / 8)) * 8);
    }
  };
  const auto store_output = [&](int64_t t0, const Vector<__half, 8> (&gate)[kVectorsPerThread]) {
#pragma unroll
    for (int v = 0; v < kVectorsPerThread; ++v) {
      const int i = static_cast<int>(threadIdx.x) + v * kChunkedThreads;
      const int t = i / (kColumns / 8);
      const int column = (i % (kColumns / 8)) * 8;
      if (t < rows_of(t0)) {
        Vector<__half, 8> result;
#pragma unroll
        for (int e = 0; e < 8; ++e) {
          const float value = tiles.output[t * Tiles::kOutputRow + column + e];
          result.element[e] = FromFloat<__half>(z == nullptr ? value : value * Fast::Silu(ToFloat(gate[v].element[e])));
        }
        StoreVector<__half, 8>(y + (t0 + t) * y_stride + column, result);
      }
    }
  };

  // The warp with the fewest products also prepares the next chunk's steps.
  constexpr int kStepWarp = kWarps - 1;
  start_copies(0, 0);
  if (warp == kStepWarp) {
    SumSteps(p, raw_step(2 * lane), raw_step(2 * lane + 1), rows_of(0), rate, tiles.steps[0], tiles.cumulative[0]);
  }

  int parity = 0;
  for (int64_t t0 = 0; t0 < p.length; t0 += kChunk, parity ^= 1) {
    const int stage = kStages == 2 ? parity : 0;
    const int64_t next = t0 + kChunk;
    WaitForCopies<0>();
    __syncthreads();

    if (kStages == 2 && next < p.length) start_copies(next, stage ^ 1);
    float raw0 = 0.0f;
    float raw1 = 0.0f;
    if (warp == kStepWarp && next < p.length) {
      raw0 = raw_step(next + 2 * lane);
      raw1 = raw_step(next + 2 * lane + 1);
    }
    Vector<__half, 8> gate[kVectorsPerThread];
    if (t0 > 0 && z != nullptr) load_gate(t0 - kChunk, gate);

    const __half* c_tile = tiles.c[stage];
    const __half* b_tile = tiles.b[stage];
    const __half* x_tile = tiles.x[stage];
    const float* cumulative = tiles.cumulative[parity];
    const float* steps = tiles.steps[parity];
    const float last = cumulative[kChunk - 1];

    // The state before this chunk, for the other warps.
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
        __half* target = tiles.state + (state_row + i * 16 + tile_row) * Tiles::kColumnRow + state_column + j * 8 + tile_column;
        *reinterpret_cast<__half2*>(target) = __floats2half2_rn(s[i][j][0], s[i][j][1]);
        *reinterpret_cast<__half2*>(target + 8 * Tiles::kColumnRow) = __floats2half2_rn(s[i][j][2], s[i][j][3]);
      }
    }

    // w.
#pragma unroll
    for (int v = 0; v < kVectorsPerThread; ++v) {
      const int i = static_cast<int>(threadIdx.x) + v * kChunkedThreads;
      const int j = i / (kColumns / 8);
      const int at = j * Tiles::kColumnRow + (i % (kColumns / 8)) * 8;
      const float weight = steps[j] * Fast::Exp2(last - cumulative[j]);
      const Vector<__half, 8> from = LoadVector<__half, 8>(x_tile + at);
      Vector<__half, 8> to;
#pragma unroll
      for (int e = 0; e < 8; ++e) to.element[e] = FromFloat<__half>(ToFloat(from.element[e]) * weight);
      StoreVector<__half, 8>(tiles.weighted + at, to);
    }

    // M. The fragments of C serve C S as well.
    uint32_t c_fragment[kStateSteps][4];
#pragma unroll
    for (int k = 0; k < kStateSteps; ++k) LoadMatrices(c_fragment[k], c_tile + (row + a_row) * Tiles::kStateRow + k * 16 + a_column);
    for (int block = half; block <= row_block; block += 2) {
      float product[2][4] = {};
#pragma unroll
      for (int k = 0; k < kStateSteps; ++k) {
        uint32_t fragment[4];
        LoadMatrices(fragment, b_tile + (block * 16 + b_row) * Tiles::kStateRow + k * 16 + b_column);
        MultiplyAdd(product[0], c_fragment[k], fragment[0], fragment[1]);
        MultiplyAdd(product[1], c_fragment[k], fragment[2], fragment[3]);
      }
#pragma unroll
      for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
        for (int upper = 0; upper < 2; ++upper) {
          const int i = row + tile_row + upper * 8;
          const int j = block * 16 + tile * 8 + tile_column;
          float value[2];
#pragma unroll
          for (int q = 0; q < 2; ++q) {
            const float exponent = cumulative[i] - cumulative[j + q];
            value[q] = j + q <= i ? product[tile][upper * 2 + q] * Fast::Exp2(exponent) * steps[j + q] : 0.0f;
          }
          *reinterpret_cast<__half2*>(tiles.m + i * Tiles::kChunkRow + j) = __floats2half2_rn(value[0], value[1]);
        }
      }
    }
    if (t0 > 0) store_output(t0 - kChunk, gate);
    __syncthreads();

    // y.
    float sum[kOutputTiles][4] = {};
    const int output_column = half * kOutputColumns;
#pragma unroll
    for (int k = 0; k < kStateSteps; ++k) {
#pragma unroll
      for (int j = 0; j < kOutputTiles; j += 2) {
        uint32_t fragment[4];
        LoadMatricesTransposed(fragment, tiles.state + (k * 16 + a_row) * Tiles::kColumnRow + output_column + j * 8 + a_column);
        MultiplyAdd(sum[j], c_fragment[k], fragment[0], fragment[1]);
        MultiplyAdd(sum[j + 1], c_fragment[k], fragment[2], fragment[3]);
      }
    }
    const float decay0 = Fast::Exp2(cumulative[row + tile_row]);
    const float decay1 = Fast::Exp2(cumulative[row + tile_row + 8]);
#pragma unroll
    for (int j = 0; j < kOutputTiles; ++j) {
      sum[j][0] *= decay0;
      sum[j][1] *= decay0;
      sum[j][2] *= decay1;
      sum[j][3] *= decay1;
    }
    for (int k = 0; k <= row_block; ++k) {
      uint32_t m_fragment[4];
      LoadMatrices(m_fragment, tiles.m + (row + a_row) * Tiles::kChunkRow + k * 16 + a_column);
#pragma unroll
      for (int j = 0; j < kOutputTiles; j += 2) {
        uint32_t fragment[4];
        LoadMatricesTransposed(fragment, x_tile + (k * 16 + a_row) * Tiles::kColumnRow + output_column + j * 8 + a_column);
        MultiplyAdd(sum[j], m_fragment, fragment[0], fragment[1]);
        MultiplyAdd(sum[j + 1], m_fragment, fragment[2], fragment[3]);
      }
    }
#pragma unroll
    for (int j = 0; j < kOutputTiles; ++j) {
#pragma unroll
      for (int upper = 0; upper < 2; ++upper) {
        const int i = row + tile_row + upper * 8;
        const int col = output_column + j * 8 + tile_column;
        const __half2 input = *reinterpret_cast<const __half2*>(x_tile + i * Tiles::kColumnRow + col);
        float* target = tiles.output + i * Tiles::kOutputRow + col;
        target[0] = fmaf(skip, __low2float(input), sum[j][upper * 2]);
        target[1] = fmaf(skip, __high2float(input), sum[j][upper * 2 + 1]);
      }
    }

    // S.
    const float decay = Fast::Exp2(last);
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
        for (int q = 0; q < 4; ++q) s[i][j][q] *= decay;
      }
    }
#pragma unroll
    for (int k = 0; k < kChunk / 16; ++k) {
      uint32_t b_fragment[kRowTiles][4];
#pragma unroll
      for (int i = 0; i < kRowTiles; ++i) {
        LoadMatricesTransposed(b_fragment[i], b_tile + (k * 16 + b_row) * Tiles::kStateRow + state_row + i * 16 + b_column);
      }
#pragma unroll
      for (int j = 0; j < kColumnTiles; j += 2) {
        uint32_t fragment[4];
        LoadMatricesTransposed(fragment, tiles.weighted + (k * 16 + a_row) * Tiles::kColumnRow + state_column + j * 8 + a_column);
#pragma unroll
        for (int i = 0; i < kRowTiles; ++i) {
          MultiplyAdd(s[i][j], b_fragment[i], fragment[0], fragment[1]);
          MultiplyAdd(s[i][j + 1], b_fragment[i], fragment[2], fragment[3]);
        }
      }
    }

    if (warp == kStepWarp && next < p.length) {
      SumSteps(p, raw0, raw1, rows_of(next), rate, tiles.steps[parity ^ 1], tiles.cumulative[parity ^ 1]);
    }
    if (kStages == 1 && next < p.length) {
      __syncthreads();
      start_copies(next, 0);
    }
  }

  __syncthreads();
  const int64_t last_chunk = (p.length - 1) / kChunk * kChunk;
  Vector<__half, 8> gate[kVectorsPerThread];
  if (z != nullptr) load_gate(last_chunk, gate);
  store_output(last_chunk, gate);

#pragma unroll
  for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
    for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
      for (int q = 0; q < 4; ++q) {
        const int n = state_row + i * 16 + tile_row + (q / 2) * 8;
        const int col = state_column + j * 8 + tile_column + q % 2;
        p.present_state[state_base + static_cast<int64_t>(n) * p.head_size + col] = s[i][j][q];
      }
    }
  }
}

template <int kColumns, int kStates>
cudaError_t LaunchChunkedDual(const StateSpaceDualArguments<__half>& p, const Device& device, cudaStream_t stream) {
  constexpr size_t kTwoStages = sizeof(ChunkedTiles<kColumns, kStates, 2>);
  constexpr size_t kOneStage = sizeof(ChunkedTiles<kColumns, kStates, 1>);
  const dim3 grid(static_cast<unsigned>(p.head_size / kColumns), static_cast<unsigned>(p.heads), static_cast<unsigned>(p.batch));
  const size_t available = static_cast<size_t>(device.shared_bytes_per_block);
  if (kTwoStages <= available) {
    return Launch(StateSpaceDualChunkedKernel<kColumns, kStates, 2>, grid, dim3(kChunkedThreads), kTwoStages, stream, p);
  }
  if (kOneStage <= available) {
    return Launch(StateSpaceDualChunkedKernel<kColumns, kStates, 1>, grid, dim3(kChunkedThreads), kOneStage, stream, p);
  }
  return cudaErrorInvalidConfiguration;
}

/// Whether the tensor-core kernels compute these sizes; the others are the recurrence's.
inline bool FitsChunkedDual(const StateSpaceDualArguments<__half>& p, const Device& device, int columns) {
  const bool states = p.states == 64 || p.states == 128 || p.states == 256;
  // The widest state does not fit beside 64 columns where a block has little shared memory.
  const size_t needed = p.states == 256 ? (columns == 64 ? sizeof(ChunkedTiles<64, 256, 1>) : sizeof(ChunkedTiles<32, 256, 1>))
                                        : sizeof(ChunkedTiles<64, 128, 1>);
  return states && p.head_size % columns == 0 && needed <= static_cast<size_t>(device.shared_bytes_per_block) &&
         RowsAligned(p.x, p.x_stride, 16) && RowsAligned(p.b, p.b_stride, 16) && RowsAligned(p.c, p.c_stride, 16) &&
         RowsAligned(p.z, p.z_stride, 16) && RowsAligned(p.y, static_cast<int64_t>(p.heads) * p.head_size, 16);
}

}  // namespace edgefleet::cuda
