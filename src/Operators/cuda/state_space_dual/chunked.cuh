// StateSpaceDual of many tokens on the tensor cores (arXiv 2405.21060, section 6), T of 16 bits in and out, states in float32.
//
// A block owns some columns p of a head's state S[n, p] and walks over chunks of 64 tokens. With cum[i] the sum of dt A up to
// token i of the chunk and S the state before it,
//   y = exp(cum) * (C S) + M x,  M[i, j] = (C B^T)[i, j] exp(cum[i] - cum[j]) dt[j] for j <= i,
//   S <- exp(cum[63]) S + (B w)^T x, w[j] = dt[j] exp(cum[63] - cum[j]).
// S stays in registers as accumulators; a copy rounded to T is what C multiplies with. A warp computes 16 rows and half of the columns of
// y, half of the tiles of these rows of M, which it shares with the warp of the other columns, and an eighth of S.
//
// Few heads leave most of a GPU idle, so time is cut into segments as well: a first kernel finds what each segment adds to the
// state (the last line above alone), and the blocks of the second start from the states before their segments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "state_space_dual/chunk_steps.cuh"
#include "state_space_dual/fragments.cuh"
#include "state_space_dual/segments.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Warps over the rows of a chunk (and those of the state), and over its columns.
inline constexpr int kRowWarps = kChunk / 16;
inline constexpr int kColumnWarps = 2;
inline constexpr int kChunkedThreads = kRowWarps * kColumnWarps * 32;
/// Each warp of the first columns prepares the steps of one chunk at a time; two rounds are kept.
inline constexpr int kStepSlots = 2 * kRowWarps;

/// Shared memory of a block. Rows are padded by 16 bytes, so that the eight rows of a matrix load meet different banks.
template <typename T, int kColumns, int kStates, int kStages>
struct ChunkedTiles {
  static constexpr int kPad = 8;
  static constexpr int kStateRow = kStates + kPad;
  static constexpr int kColumnRow = kColumns + kPad;

  T b[kStages][kChunk * kStateRow];
  T c[kStages][kChunk * kStateRow];
  T x[kStages][kChunk * kColumnRow];
  T state[kStates * kColumnRow];
  ChunkSteps steps[kStepSlots];
};

/// As above for the kernel that only sums states.
template <typename T, int kColumns, int kStates>
struct SegmentTiles {
  static constexpr int kPad = 8;
  static constexpr int kStateRow = kStates + kPad;
  static constexpr int kColumnRow = kColumns + kPad;

  T b[2][kChunk * kStateRow];
  T x[2][kChunk * kColumnRow];
  ChunkSteps steps[kStepSlots];
};

template <typename T, int kWidth>
__device__ __forceinline__ void CopyChunk(T* to, int to_stride, const T* from, int64_t from_stride, int rows) {
  constexpr int kChunks = kWidth / 8;
#pragma unroll
  for (int i = static_cast<int>(threadIdx.x); i < kChunk * kChunks; i += kChunkedThreads) {
    const int row = i / kChunks;
    const int column = (i % kChunks) * 8;
    const bool valid = row < rows;
    CopyAsync<16>(to + row * to_stride + column, valid ? from + row * from_stride + column : from, valid);
  }
}

/// A warp's part of a state of `kColumns` columns: kRowTiles x kColumnTiles accumulator tiles.
template <typename T, int kColumns, int kStates>
struct WarpState {
  static constexpr int kRowTiles = kStates / 16 / kRowWarps;
  static constexpr int kColumnTiles = kColumns / kColumnWarps / 8;
  static_assert(kRowTiles * 16 * kRowWarps == kStates && kColumnTiles % 2 == 0, "a warp holds whole tiles");

  float s[kRowTiles][kColumnTiles][4];

  /// Calls `visit(accumulators, offset)` for each pair of neighbouring columns, `offset` from the state's first element.
  template <typename Visit>
  __device__ __forceinline__ void ForEachPair(const LanePlace& place, int first_row, int64_t head_size, Visit visit) {
#pragma unroll
    for (int i = 0; i < kRowTiles; ++i) {
#pragma unroll
      for (int j = 0; j < kColumnTiles; ++j) {
#pragma unroll
        for (int upper = 0; upper < 2; ++upper) {
          const int64_t n = first_row + i * 16 + place.tile_row + upper * 8;
          visit(&s[i][j][upper * 2], n * head_size + j * 8 + place.tile_column);
        }
      }
    }
  }

  /// S <- decay S + (B w)^T x.
  __device__ __forceinline__ void Advance(const LanePlace& place, int first_row, const T* b_tile, int b_stride, const T* x_tile,
                                          int x_stride, const float* weights, float decay) {
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
      const float2 low = *reinterpret_cast<const float2*>(weights + k * 16 + place.tile_column);
      const float2 high = *reinterpret_cast<const float2*>(weights + k * 16 + place.tile_column + 8);
      uint32_t b_fragment[kRowTiles][4];
#pragma unroll
      for (int i = 0; i < kRowTiles; ++i) {
        LoadMatricesTransposed(b_fragment[i], b_tile + (k * 16 + place.b_row) * b_stride + first_row + i * 16 + place.b_column);
        b_fragment[i][0] = Scale<T>(b_fragment[i][0], low);
        b_fragment[i][1] = Scale<T>(b_fragment[i][1], low);
        b_fragment[i][2] = Scale<T>(b_fragment[i][2], high);
        b_fragment[i][3] = Scale<T>(b_fragment[i][3], high);
      }
#pragma unroll
      for (int j = 0; j < kColumnTiles; j += 2) {
        uint32_t fragment[4];
        LoadMatricesTransposed(fragment, x_tile + (k * 16 + place.a_row) * x_stride + j * 8 + place.a_column);
#pragma unroll
        for (int i = 0; i < kRowTiles; ++i) {
          MultiplyAdd<T>(s[i][j], b_fragment[i], fragment[0], fragment[1]);
          MultiplyAdd<T>(s[i][j + 1], b_fragment[i], fragment[2], fragment[3]);
        }
      }
    }
  }
};

template <typename T, int kColumns, int kStates>
__global__ void __launch_bounds__(kChunkedThreads, 2)
    StateSpaceDualSegmentKernel(const StateSpaceDualArguments<T> p, const DualSegments segments) {
  using Tiles = SegmentTiles<T, kColumns, kStates>;
  using State = WarpState<T, kColumns, kStates>;
  Tiles& tiles = *reinterpret_cast<Tiles*>(DynamicShared());
  const LanePlace place = PlaceOfLane();
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int row_warp = warp % kRowWarps;
  const int warp_column = warp / kRowWarps * (kColumns / kColumnWarps);
  const int first_column = static_cast<int>(blockIdx.x) * kColumns;
  const int head = static_cast<int>(blockIdx.y);
  const int parts = segments.count - 1;
  const int segment = static_cast<int>(blockIdx.z) % parts;
  const int64_t batch = static_cast<int64_t>(blockIdx.z) / parts;
  const int group = head / (p.heads / p.groups);
  const int64_t first_row = batch * p.length;
  const T* x = p.x + first_row * p.x_stride + static_cast<int64_t>(head) * p.head_size + first_column;
  const T* dt = p.dt + first_row * p.dt_stride + head;
  const T* b = p.b + first_row * p.b_stride + static_cast<int64_t>(group) * p.states;
  const float rate = p.a[head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[head];
  const int state_row = row_warp * State::kRowTiles * 16;
  const int64_t begin = segment * segments.length;
  const int64_t end = begin + segments.length;

  State state;
#pragma unroll
  for (int i = 0; i < State::kRowTiles; ++i) {
#pragma unroll
    for (int j = 0; j < State::kColumnTiles; ++j) {
#pragma unroll
      for (int q = 0; q < 4; ++q) state.s[i][j][q] = 0.0f;
    }
  }
  const auto start_copies = [&](int64_t t0, int stage) {
    CopyChunk<T, kStates>(tiles.b[stage], Tiles::kStateRow, b + t0 * p.b_stride, p.b_stride, kChunk);
    CopyChunk<T, kColumns>(tiles.x[stage], Tiles::kColumnRow, x + t0 * p.x_stride, p.x_stride, kChunk);
    CommitCopies();
  };
  start_copies(begin, 0);
  if (warp < kRowWarps) {
    SumSteps(p, LoadSteps(dt, p.dt_stride, begin + warp * kChunk, end), bias, begin + warp * kChunk, end, rate, tiles.steps[warp]);
  }

  float exponent = 0.0f;
  int index = 0;
  for (int64_t t0 = begin; t0 < end; t0 += kChunk, ++index) {
    WaitForCopies<0>();
    __syncthreads();
    if (t0 + kChunk < end) start_copies(t0 + kChunk, (index + 1) % 2);
    const int64_t ahead = t0 + (kRowWarps + warp) * kChunk;
    const bool prepares = index % kRowWarps == 0 && warp < kRowWarps && ahead < end;
    RawSteps<T> raw{};
    if (prepares) raw = LoadSteps(dt, p.dt_stride, ahead, end);
    const ChunkSteps& steps = tiles.steps[index % kStepSlots];
    const float last = steps.cumulative[kChunk - 1];
    exponent += last;
    state.Advance(place, state_row, tiles.b[index % 2], Tiles::kStateRow, tiles.x[index % 2] + warp_column, Tiles::kColumnRow,
                  steps.weights, Fast::Exp2(last));
    if (prepares) SumSteps(p, raw, bias, ahead, end, rate, tiles.steps[(index + kRowWarps + warp) % kStepSlots]);
  }

  const int64_t slot = (batch * p.heads + head) * parts + segment;
  float* to = segments.states + slot * p.states * p.head_size + first_column + warp_column;
  state.ForEachPair(place, state_row, p.head_size,
                    [&](const float* pair, int64_t offset) { *reinterpret_cast<float2*>(to + offset) = make_float2(pair[0], pair[1]); });
  if (threadIdx.x == 0 && blockIdx.x == 0) segments.decays[slot] = exponent;
}

/// Blocks of 256 states take most of a multiprocessor's shared memory, and more registers.
template <typename T, int kColumns, int kStates, int kStages>
__global__ void __launch_bounds__(kChunkedThreads, kStates <= 128 ? 2 : 1)
    StateSpaceDualChunkedKernel(const StateSpaceDualArguments<T> p, const DualSegments segments) {
  using Tiles = ChunkedTiles<T, kColumns, kStates, kStages>;
  using State = WarpState<T, kColumns, kStates>;
  constexpr int kStateSteps = kStates / 16;
  constexpr int kWarpColumns = kColumns / kColumnWarps;
  constexpr int kOutputTiles = kWarpColumns / 8;

  Tiles& tiles = *reinterpret_cast<Tiles*>(DynamicShared());
  const LanePlace place = PlaceOfLane();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int row_warp = warp % kRowWarps;
  const int column_warp = warp / kRowWarps;
  const int warp_column = column_warp * kWarpColumns;
  const int first_column = static_cast<int>(blockIdx.x) * kColumns;
  const int head = static_cast<int>(blockIdx.y);
  const int segment = static_cast<int>(blockIdx.z) % segments.count;
  const int64_t batch = static_cast<int64_t>(blockIdx.z) / segments.count;
  const int group = head / (p.heads / p.groups);
  const int64_t channel = static_cast<int64_t>(head) * p.head_size + first_column;
  const int64_t y_stride = static_cast<int64_t>(p.heads) * p.head_size;
  const int64_t first_row = batch * p.length;
  const int64_t begin = segment * segments.length;
  const int64_t end = segment == segments.count - 1 ? p.length : begin + segments.length;

  const T* x = p.x + first_row * p.x_stride + channel;
  const T* dt = p.dt + first_row * p.dt_stride + head;
  const T* b = p.b + first_row * p.b_stride + static_cast<int64_t>(group) * p.states;
  const T* c = p.c + first_row * p.c_stride + static_cast<int64_t>(group) * p.states;
  const T* z = p.z == nullptr ? nullptr : p.z + first_row * p.z_stride + channel + warp_column;
  T* y = p.y + first_row * y_stride + channel + warp_column;
  const float rate = p.a[head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[head];
  const float skip = p.d == nullptr ? 0.0f : p.d[head];

  // Later rows have more columns of M, and a warp's number decides its scheduler: the warps of the other columns count from the other
  // end.
  const int row_block = column_warp == 0 ? row_warp : kRowWarps - 1 - row_warp;
  const int row = row_block * 16;
  const int state_row = row_warp * State::kRowTiles * 16;
  const int64_t state_column = first_column + warp_column;
  const int64_t state_base = (batch * p.heads + head) * static_cast<int64_t>(p.states) * p.head_size + state_column;

  State state;
  state.ForEachPair(place, state_row, p.head_size, [&](float* pair, int64_t offset) {
    pair[0] = p.past_state[state_base + offset];
    pair[1] = p.past_state[state_base + offset + 1];
  });
  for (int before = 0; before < segment; ++before) {
    const int64_t slot = (batch * p.heads + head) * (segments.count - 1) + before;
    const float decay = Fast::Exp2(segments.decays[slot]);
    const float* added = segments.states + slot * p.states * p.head_size + state_column;
    state.ForEachPair(place, state_row, p.head_size, [&](float* pair, int64_t offset) {
      const float2 values = *reinterpret_cast<const float2*>(added + offset);
      pair[0] = fmaf(pair[0], decay, values.x);
      pair[1] = fmaf(pair[1], decay, values.y);
    });
  }

  const auto start_copies = [&](int64_t t0, int stage) {
    const int rows = end - t0 < kChunk ? static_cast<int>(end - t0) : kChunk;
    CopyChunk<T, kStates>(tiles.c[stage], Tiles::kStateRow, c + t0 * p.c_stride, p.c_stride, rows);
    CopyChunk<T, kStates>(tiles.b[stage], Tiles::kStateRow, b + t0 * p.b_stride, p.b_stride, rows);
    CopyChunk<T, kColumns>(tiles.x[stage], Tiles::kColumnRow, x + t0 * p.x_stride, p.x_stride, rows);
    CommitCopies();
  };
  start_copies(begin, 0);
  if (warp < kRowWarps) {
    SumSteps(p, LoadSteps(dt, p.dt_stride, begin + warp * kChunk, end), bias, begin + warp * kChunk, end, rate, tiles.steps[warp]);
  }

  int index = 0;
  for (int64_t t0 = begin; t0 < end; t0 += kChunk, ++index) {
    const int stage = kStages == 2 ? index % 2 : 0;
    const int64_t next = t0 + kChunk;
    WaitForCopies<0>();
    __syncthreads();
    if (kStages == 2 && next < end) start_copies(next, stage ^ 1);
    const int64_t ahead = t0 + (kRowWarps + warp) * kChunk;
    const bool prepares = index % kRowWarps == 0 && warp < kRowWarps && ahead < end;
    RawSteps<T> raw{};
    if (prepares) raw = LoadSteps(dt, p.dt_stride, ahead, end);

    T* c_tile = tiles.c[stage];
    const T* b_tile = tiles.b[stage];
    const T* x_tile = tiles.x[stage] + warp_column;
    const ChunkSteps& steps = tiles.steps[index % kStepSlots];

    // The state before this chunk, for the other warps.
    state.ForEachPair(place, state_row, Tiles::kColumnRow, [&](const float* pair, int64_t offset) {
      *reinterpret_cast<Pair<T>*>(tiles.state + warp_column + offset) = FromFloats<T>(pair[0], pair[1]);
    });

    // M, every second block of columns. The fragments of C serve C S as well; once both warps of these rows have them, M takes C's place.
    uint32_t c_fragment[kStateSteps][4];
#pragma unroll
    for (int k = 0; k < kStateSteps; ++k) {
      LoadMatrices(c_fragment[k], c_tile + (row + place.a_row) * Tiles::kStateRow + k * 16 + place.a_column);
    }
    NamedBarrier<kColumnWarps * 32>(1 + row_block);
    const float cumulative0 = steps.cumulative[row + place.tile_row];
    const float cumulative1 = steps.cumulative[row + place.tile_row + 8];
#pragma unroll
    for (int pair = 0; pair < kRowWarps / kColumnWarps; ++pair) {
      const int block_column = pair * kColumnWarps + column_warp;
      if (block_column <= row_block) {
        float product[2][4] = {};
#pragma unroll
        for (int k = 0; k < kStateSteps; ++k) {
          uint32_t fragment[4];
          LoadMatrices(fragment, b_tile + (block_column * 16 + place.b_row) * Tiles::kStateRow + k * 16 + place.b_column);
          MultiplyAdd<T>(product[0], c_fragment[k], fragment[0], fragment[1]);
          MultiplyAdd<T>(product[1], c_fragment[k], fragment[2], fragment[3]);
        }
#pragma unroll
        for (int tile = 0; tile < 2; ++tile) {
          const int j = block_column * 16 + tile * 8 + place.tile_column;
          const float2 cumulative = *reinterpret_cast<const float2*>(steps.cumulative + j);
          const float2 step = *reinterpret_cast<const float2*>(steps.steps + j);
#pragma unroll
          for (int upper = 0; upper < 2; ++upper) {
            const int i = row + place.tile_row + upper * 8;
            const float here = upper == 0 ? cumulative0 : cumulative1;
            const float first = j <= i ? product[tile][upper * 2] * Fast::Exp2(here - cumulative.x) * step.x : 0.0f;
            const float second = j + 1 <= i ? product[tile][upper * 2 + 1] * Fast::Exp2(here - cumulative.y) * step.y : 0.0f;
            *reinterpret_cast<Pair<T>*>(c_tile + i * Tiles::kStateRow + j) = FromFloats<T>(first, second);
          }
        }
      }
    }
    __syncthreads();

    // y. After the lanes of a pair have exchanged tiles, an even lane holds four columns of the first tile and an odd one of the second.
    const bool odd = lane % 2 != 0;
    const int pair_column = (odd ? 8 : 0) + (place.tile_column & ~3);
    float sum[kOutputTiles][4] = {};
#pragma unroll
    for (int k = 0; k < kStateSteps; ++k) {
#pragma unroll
      for (int j = 0; j < kOutputTiles; j += 2) {
        uint32_t fragment[4];
        LoadMatricesTransposed(fragment,
                               tiles.state + (k * 16 + place.a_row) * Tiles::kColumnRow + warp_column + j * 8 + place.a_column);
        MultiplyAdd<T>(sum[j], c_fragment[k], fragment[0], fragment[1]);
        MultiplyAdd<T>(sum[j + 1], c_fragment[k], fragment[2], fragment[3]);
      }
    }
    Vector<T, 4> gate[2][kOutputTiles / 2];
    if (z != nullptr) {
#pragma unroll
      for (int upper = 0; upper < 2; ++upper) {
        const int64_t t = t0 + row + place.tile_row + upper * 8;
#pragma unroll
        for (int j = 0; j < kOutputTiles; j += 2) {
          if (t < end) gate[upper][j / 2] = LoadVector<T, 4>(z + t * p.z_stride + j * 8 + pair_column);
        }
      }
    }
    const float decay0 = Fast::Exp2(cumulative0);
    const float decay1 = Fast::Exp2(cumulative1);
#pragma unroll
    for (int j = 0; j < kOutputTiles; ++j) {
      sum[j][0] *= decay0;
      sum[j][1] *= decay0;
      sum[j][2] *= decay1;
      sum[j][3] *= decay1;
    }
#pragma unroll
    for (int k = 0; k < kRowWarps; ++k) {
      if (k <= row_block) {
        uint32_t m[4];
        LoadMatrices(m, c_tile + (row + place.a_row) * Tiles::kStateRow + k * 16 + place.a_column);
#pragma unroll
        for (int j = 0; j < kOutputTiles; j += 2) {
          uint32_t fragment[4];
          LoadMatricesTransposed(fragment, x_tile + (k * 16 + place.a_row) * Tiles::kColumnRow + j * 8 + place.a_column);
          MultiplyAdd<T>(sum[j], m, fragment[0], fragment[1]);
          MultiplyAdd<T>(sum[j + 1], m, fragment[2], fragment[3]);
        }
      }
    }
#pragma unroll
    for (int upper = 0; upper < 2; ++upper) {
      const int i = row + place.tile_row + upper * 8;
      const int64_t t = t0 + i;
#pragma unroll
      for (int j = 0; j < kOutputTiles; j += 2) {
        float value[2][2];
#pragma unroll
        for (int tile = 0; tile < 2; ++tile) {
          const float2 input =
              ToFloats(*reinterpret_cast<const Pair<T>*>(x_tile + i * Tiles::kColumnRow + (j + tile) * 8 + place.tile_column));
          value[tile][0] = fmaf(skip, input.x, sum[j + tile][upper * 2]);
          value[tile][1] = fmaf(skip, input.y, sum[j + tile][upper * 2 + 1]);
        }
        float four[4];
#pragma unroll
        for (int q = 0; q < 2; ++q) {
          const float kept = odd ? value[1][q] : value[0][q];
          const float received = __shfl_xor_sync(kFullWarp, odd ? value[0][q] : value[1][q], 1);
          four[q] = odd ? received : kept;
          four[2 + q] = odd ? kept : received;
        }
        Vector<T, 4> result;
#pragma unroll
        for (int q = 0; q < 4; ++q) {
          result.element[q] =
              FromFloat<T>(z == nullptr ? four[q] : four[q] * Fast::Silu(ToFloat(gate[upper][j / 2].element[q])));
        }
        if (t < end) StoreVector<T, 4>(y + t * y_stride + j * 8 + pair_column, result);
      }
    }

    state.Advance(place, state_row, b_tile, Tiles::kStateRow, x_tile, Tiles::kColumnRow, steps.weights,
                  Fast::Exp2(steps.cumulative[kChunk - 1]));
    if (prepares) SumSteps(p, raw, bias, ahead, end, rate, tiles.steps[(index + kRowWarps + warp) % kStepSlots]);
    if (kStages == 1 && next < end) {
      __syncthreads();
      start_copies(next, 0);
    }
  }

  if (segment == segments.count - 1) {
    float* to = segments.final_state + state_base;
    state.ForEachPair(place, state_row, p.head_size,
                      [&](const float* pair, int64_t offset) { to[offset] = pair[0], to[offset + 1] = pair[1]; });
  }
}

/// The most segments worth their first pass: as many blocks as the device holds at once, and enough chunks in each.
template <typename T>
int ChooseSegments(const StateSpaceDualArguments<T>& p, const Device& device, int columns) {
  constexpr int64_t kMostSegments = 8;
  constexpr int64_t kResidentBlocks = 2;
  constexpr int64_t kFewestChunks = 4;
  const int64_t blocks = p.batch * p.heads * (p.head_size / columns);
  const int64_t chunks = (p.length + kChunk - 1) / kChunk;
  const int64_t wanted = std::min(device.multiprocessors * kResidentBlocks / blocks, chunks / kFewestChunks);
  return static_cast<int>(std::clamp<int64_t>(wanted, 1, kMostSegments));
}

template <typename T, int kColumns, int kStates, int kStages>
cudaError_t LaunchChunkedDual(const StateSpaceDualArguments<T>& p, int count, cudaStream_t stream) {
  const DualSegments segments = CutTime(p, count, 1);
  const dim3 heads(static_cast<unsigned>(p.head_size / kColumns), static_cast<unsigned>(p.heads));
  if (segments.count > 1) {
    const dim3 grid(heads.x, heads.y, static_cast<unsigned>(p.batch * (segments.count - 1)));
    const cudaError_t error = Launch(StateSpaceDualSegmentKernel<T, kColumns, kStates>, grid, dim3(kChunkedThreads),
                                     sizeof(SegmentTiles<T, kColumns, kStates>), stream, p, segments);
    if (error != cudaSuccess) return error;
  }
  const dim3 grid(heads.x, heads.y, static_cast<unsigned>(p.batch * segments.count));
  const cudaError_t error = Launch(StateSpaceDualChunkedKernel<T, kColumns, kStates, kStages>, grid, dim3(kChunkedThreads),
                                   sizeof(ChunkedTiles<T, kColumns, kStates, kStages>), stream, p, segments);
  return error == cudaSuccess ? DeliverState(p, segments, stream) : error;
}

/// Shared memory of the smallest variant for these sizes.
template <typename T, int kColumns>
size_t ChunkedDualBytes(int states) {
  const size_t two[] = {sizeof(SegmentTiles<T, kColumns, 64>), sizeof(SegmentTiles<T, kColumns, 128>), sizeof(SegmentTiles<T, kColumns, 256>)};
  const size_t one[] = {sizeof(ChunkedTiles<T, kColumns, 64, 1>), sizeof(ChunkedTiles<T, kColumns, 128, 1>),
                        sizeof(ChunkedTiles<T, kColumns, 256, 1>)};
  const int index = states / 128;
  return std::max(two[index], one[index]);
}

/// Whether the tensor-core kernels compute these sizes; the others are the recurrence's.
template <typename T>
bool FitsChunkedDual(const StateSpaceDualArguments<T>& p, const Device& device, int columns) {
  // 64 columns of 256 states are more accumulators than a thread has registers.
  const bool states = p.states == 64 || p.states == 128 || (p.states == 256 && columns == 32);
  if (!states || p.head_size % columns != 0) return false;
  const size_t needed = columns == 64 ? ChunkedDualBytes<T, 64>(p.states) : ChunkedDualBytes<T, 32>(p.states);
  return needed <= static_cast<size_t>(device.shared_bytes_per_block) && RowsAligned(p.x, p.x_stride, 16) &&
         RowsAligned(p.b, p.b_stride, 16) && RowsAligned(p.c, p.c_stride, 16) && RowsAligned(p.z, p.z_stride, 16) &&
         RowsAligned(p.y, static_cast<int64_t>(p.heads) * p.head_size, 16);
}

}  // namespace edgefleet::cuda
