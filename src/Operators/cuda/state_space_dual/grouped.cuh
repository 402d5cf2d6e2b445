// StateSpaceDual of long inputs: a block walks over chunks of 64 tokens for several heads of a group at once, which share C, B and the
// products C B^T (chunk_products.cuh). The sums are those of chunked.cuh; four warps have 64 columns p of a head, and each of them
// the transposed outputs y^T[p, i] and state S^T[p, n] of 16. Its accumulators of S^T are, rounded, the operand that C^T multiplies:
// a state never leaves its registers. M alone, made by all four, passes through shared memory.
//
// A block fills a multiprocessor. Where the heads do not fill the device, time is cut as in chunked.cuh.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "state_space_dual/chunk_products.cuh"
#include "state_space_dual/chunk_steps.cuh"
#include "state_space_dual/fragments.cuh"
#include "state_space_dual/panel.cuh"
#include "state_space_dual/panel_products.cuh"
#include "state_space_dual/segments.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Heads of a block; of wider heads their pieces of 64 columns.
inline constexpr int kGroupedHeads = 2;
inline constexpr int kHeadWarps = kPanelColumns / 16;
inline constexpr int kHeadThreads = kHeadWarps * 32;
inline constexpr int kGroupedThreads = kGroupedHeads * kHeadThreads;
/// Each warp of a head prepares the steps of one chunk at a time; two rounds are kept.
inline constexpr int kHeadStepSlots = 2 * kHeadWarps;
static_assert(kHeadThreads == 128, "PlaceOfProduct shares the rows of M among so many");

struct HeadSteps : ChunkSteps {
  /// exp of the running sums.
  float decays[kChunk];
};

/// What 128 threads of a block compute.
struct HeadPlace {
  int group;
  int head;
  /// First of the 64 columns.
  int column;
  /// The 64 columns among those of all heads.
  int unit;
  /// False behind the last unit of a group; its place is then that unit's.
  bool active;
};

/// The thread's head in its block; the shuffle tells the compiler that it is one for the warp.
__device__ __forceinline__ int HeadOfBlock() {
  return __shfl_sync(kFullWarp, static_cast<int>(threadIdx.x) / kHeadThreads, 0);
}

template <typename T>
__device__ __forceinline__ HeadPlace PlaceOfHead(const StateSpaceDualArguments<T>& p) {
  const int units_of_head = p.head_size / kPanelColumns;
  const int units_of_group = p.heads / p.groups * units_of_head;
  const int blocks_of_group = (units_of_group + kGroupedHeads - 1) / kGroupedHeads;
  const int group = static_cast<int>(blockIdx.x) / blocks_of_group;
  const int wanted = static_cast<int>(blockIdx.x) % blocks_of_group * kGroupedHeads + HeadOfBlock();
  const bool active = wanted < units_of_group;
  const int unit = group * units_of_group + (active ? wanted : units_of_group - 1);
  return {group, unit / units_of_head, unit % units_of_head * kPanelColumns, unit, active};
}

/// A warp's 16 columns of S^T.
template <int kStates>
struct HeadState {
  static constexpr int kTiles = kStates / 8;

  float s[kTiles][4];

  __device__ __forceinline__ void Clear() {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
#pragma unroll
      for (int q = 0; q < 4; ++q) s[i][q] = 0.0f;
    }
  }

  __device__ __forceinline__ void Decay(float by) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
#pragma unroll
      for (int q = 0; q < 4; ++q) s[i][q] *= by;
    }
  }

  /// Calls `visit(element, offset)`, `offset` from the first element of the warp's columns in a state [states, head_size].
  template <typename Visit>
  __device__ __forceinline__ void ForEach(const LanePlace& place, int64_t head_size, Visit visit) {
#pragma unroll
    for (int i = 0; i < kTiles; ++i) {
#pragma unroll
      for (int q = 0; q < 4; ++q) {
        visit(s[i][q], static_cast<int64_t>(i * 8 + place.tile_column + q % 2) * head_size + place.tile_row + q / 2 * 8);
      }
    }
  }
};

/// The states that segments leave are stored as the threads hold them, a vector a thread and tile.
template <int kStates>
__device__ __forceinline__ int64_t SegmentStateIndex(int64_t batch, int64_t units, int unit, int parts, int part) {
  return (((batch * units + unit) * parts + part) * HeadState<kStates>::kTiles) * kHeadThreads + threadIdx.x % kHeadThreads;
}

/// The chunk's x^T of a warp's 16 columns as operands a.
__device__ __forceinline__ void LoadColumns(uint32_t (&x)[kPanelSteps][4], const Panel& panel, int warp, const LanePlace& place) {
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) LoadMatricesTransposed(x[k], panel.At(k * 16 + place.b_row, warp * 2 + place.b_column / 8));
}

/// The same times the tokens' weights.
template <typename T>
__device__ __forceinline__ void WeighColumns(const uint32_t (&x)[kPanelSteps][4], uint32_t (&weighted)[kPanelSteps][4],
                                             const float* weights, const LanePlace& place) {
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) {
    const float2 low = *reinterpret_cast<const float2*>(weights + k * 16 + place.tile_column);
    const float2 high = *reinterpret_cast<const float2*>(weights + k * 16 + place.tile_column + 8);
    weighted[k][0] = Scale<T>(x[k][0], low);
    weighted[k][1] = Scale<T>(x[k][1], low);
    weighted[k][2] = Scale<T>(x[k][2], high);
    weighted[k][3] = Scale<T>(x[k][3], high);
  }
}

/// One warp sums the steps of a chunk.
template <typename T>
__device__ __forceinline__ void PrepareSteps(const StateSpaceDualArguments<T>& p, RawSteps<T> raw, float bias, int64_t t0, int64_t end,
                                             float rate, HeadSteps& to) {
  SumSteps(p, raw, bias, t0, end, rate, to);
  const int i = static_cast<int>(threadIdx.x) % 32 * 2;
  const float2 cumulative = *reinterpret_cast<const float2*>(to.cumulative + i);
  *reinterpret_cast<float2*>(to.decays + i) = make_float2(Fast::Exp2(cumulative.x), Fast::Exp2(cumulative.y));
}

/// M of a chunk from C B^T, but for its blocks above the diagonal, by the 128 threads of a head.
template <typename T>
__device__ __forceinline__ void WriteM(Panel& m, const float4* products, const HeadSteps& steps, int thread) {
#pragma unroll
  for (int round = 0; round < kProductRounds; ++round) {
    if (round == kProductRounds - 1 && thread >= kHeadThreads / 2) break;
    const ProductPlace at = PlaceOfProduct(round, thread);
    const int j = at.piece * 8;
    const float here = steps.cumulative[at.row];
    float value[8];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float4 product = products[half * kProductRows + round * kHeadThreads + thread];
      const float4 cumulative = *reinterpret_cast<const float4*>(steps.cumulative + j + half * 4);
      const float4 step = *reinterpret_cast<const float4*>(steps.steps + j + half * 4);
      value[half * 4] = product.x * Fast::Exp2(here - cumulative.x) * step.x;
      value[half * 4 + 1] = product.y * Fast::Exp2(here - cumulative.y) * step.y;
      value[half * 4 + 2] = product.z * Fast::Exp2(here - cumulative.z) * step.z;
      value[half * 4 + 3] = product.w * Fast::Exp2(here - cumulative.w) * step.w;
    }
    // Blocks left of the diagonal are whole; a warp has both its pieces in one block.
    if (thread / 32 >= at.row_block) {
#pragma unroll
      for (int q = 0; q < 8; ++q) {
        if (j + q > at.row) value[q] = 0.0f;
      }
    }
    Vector<T, 8> rounded;
#pragma unroll
    for (int q = 0; q < 8; ++q) rounded.element[q] = FromFloat<T>(value[q]);
    *reinterpret_cast<Vector<T, 8>*>(m.At(at.row, at.piece)) = rounded;
  }
}

/// Where a warp's outputs go.
template <typename T>
struct OutputPlace {
  /// The warp's first column of the chunk's first token.
  T* y;
  int64_t stride;
  /// Tokens of the chunk that there are.
  int rows;
};

/// y + skip * x, times the gate where there is one.
template <typename T, bool kGated>
__device__ __forceinline__ void StoreOutputs(const float (&y)[kOutputTiles][4], const uint32_t (&x)[kPanelSteps][4], float skip,
                                             const Panel& gate, int warp, const LanePlace& place, const OutputPlace<T>& to) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const bool odd = lane % 2 != 0;
  // After an exchange an even lane has four of the first eight columns, its neighbour four of the others.
  const int column = (odd ? 8 : 0) + (place.tile_column & ~3);
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) {
    uint32_t z[4];
    if constexpr (kGated) LoadMatricesTransposed(z, gate.At(k * 16 + place.b_row, warp * 2 + place.b_column / 8));
#pragma unroll
    for (int tile = 0; tile < 2; ++tile) {
      uint32_t result[2];
#pragma unroll
      for (int upper = 0; upper < 2; ++upper) {
        const float2 input = Unpack<T>(x[k][tile * 2 + upper]);
        float first = fmaf(skip, input.x, y[2 * k + tile][upper * 2]);
        float second = fmaf(skip, input.y, y[2 * k + tile][upper * 2 + 1]);
        if constexpr (kGated) {
          const float2 raw = Unpack<T>(z[tile * 2 + upper]);
          first *= Fast::Silu(raw.x);
          second *= Fast::Silu(raw.y);
        }
        result[upper] = TransposeMatrix(Pack<T>(first, second));
      }
      const uint32_t received = __shfl_xor_sync(kFullWarp, odd ? result[0] : result[1], 1);
      const uint2 four = odd ? make_uint2(received, result[1]) : make_uint2(result[0], received);
      const int row = (2 * k + tile) * 8 + place.tile_row;
      StoreIf(to.y + row * to.stride + column, four, row < to.rows);
    }
  }
}

template <int kStates, bool kGated>
struct GroupedTiles {
  static constexpr int kPanels = kStates / kPanelColumns;

  struct Stage {
    Panel c[kPanels];
    Panel b[kPanels];
    /// Behind the heads' x their gates, if any.
    Panel x[kGated ? 2 * kGroupedHeads : kGroupedHeads];
    float4 products[kProductVectors];
  };

  Stage stages[2];
  Panel m[kGroupedHeads];
  HeadSteps steps[kHeadStepSlots][kGroupedHeads];
};

template <typename T, int kStates, bool kGated>
__global__ void __launch_bounds__(kGroupedThreads, 1)
    StateSpaceDualGroupedKernel(const StateSpaceDualArguments<T> p, const DualSegments segments, const float* const products) {
  using Tiles = GroupedTiles<kStates, kGated>;
  using State = HeadState<kStates>;
  WaitForPrerequisites();
  Tiles& tiles = SharedPanels<Tiles>();
  const LanePlace place = PlaceOfLane();
  const HeadPlace mine = PlaceOfHead(p);
  const int thread = static_cast<int>(threadIdx.x) % kHeadThreads;
  const int slot = HeadOfBlock();
  const int warp = thread / 32;
  const int segment = static_cast<int>(blockIdx.y);
  const int64_t batch = blockIdx.z;
  const int64_t begin = segment * segments.length;
  const int64_t end = segment == segments.count - 1 ? p.length : begin + segments.length;
  const int64_t first_row = batch * p.length;
  const int64_t channel = static_cast<int64_t>(mine.head) * p.head_size + mine.column;
  const int64_t y_stride = static_cast<int64_t>(p.heads) * p.head_size;

  const int64_t group_channel = static_cast<int64_t>(mine.group) * kStates;
  const int all = static_cast<int>(threadIdx.x);
  PanelCopies<T, kStates / 8, kGroupedThreads> c(p.c + (first_row + begin) * p.c_stride + group_channel, p.c_stride, all);
  PanelCopies<T, kStates / 8, kGroupedThreads> b(p.b + (first_row + begin) * p.b_stride + group_channel, p.b_stride, all);
  PanelCopies<T, kPanelPieces, kHeadThreads> x(p.x + (first_row + begin) * p.x_stride + channel, p.x_stride, thread);
  PanelCopies<T, kPanelPieces, kHeadThreads> z(kGated ? p.z + (first_row + begin) * p.z_stride + channel : nullptr, p.z_stride, thread);
  const float4* next_products =
      reinterpret_cast<const float4*>(products) +
      ((batch * p.groups + mine.group) * ((p.length + kChunk - 1) / kChunk) + begin / kChunk) * kProductVectors + all;
  const T* dt = p.dt + first_row * p.dt_stride + mine.head;
  const float rate = p.a[mine.head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[mine.head];
  const float skip = p.d == nullptr ? 0.0f : p.d[mine.head];

  const auto start_copies = [&](int64_t t0, int index) {
    typename Tiles::Stage& stage = tiles.stages[index % 2];
    const int rows = end - t0 < kChunk ? static_cast<int>(end - t0) : kChunk;
    c.Start(stage.c, p.c_stride, rows);
    b.Start(stage.b, p.b_stride, rows);
    x.Start(&stage.x[slot], p.x_stride, rows);
    if constexpr (kGated) z.Start(&stage.x[kGroupedHeads + slot], p.z_stride, rows);
#pragma unroll
    for (int first = 0; first < kProductVectors; first += kGroupedThreads) {
      if (first + all < kProductVectors) CopyAsync<16>(stage.products + first + all, next_products + first, true);
    }
    next_products += kProductVectors;
    CommitCopies();
  };
  start_copies(begin, 0);
  // Each warp prepares every fourth chunk, all in the same round; the steps of a round are under way since the one before.
  const int64_t first_of_warp = begin + warp * kChunk;
  PrepareSteps(p, LoadSteps(dt, p.dt_stride, first_of_warp, end), bias, first_of_warp, end, rate, tiles.steps[warp][slot]);
  RawSteps<T> raw = LoadSteps(dt, p.dt_stride, first_of_warp + kHeadWarps * kChunk, end);

  for (int i = thread; i < static_cast<int>(sizeof(Panel) / 16); i += kHeadThreads) reinterpret_cast<uint4*>(tiles.m[slot].bytes)[i] = uint4{};

  State state;
  const int64_t state_base = (batch * p.heads + mine.head) * static_cast<int64_t>(kStates) * p.head_size + mine.column + warp * 16;
  state.ForEach(place, p.head_size, [&](float& element, int64_t offset) { element = p.past_state[state_base + offset]; });
  for (int before = 0; before < segment * segments.pieces; ++before) {
    const int parts = segments.parts();
    const float decay = Fast::Exp2(segments.decays[(batch * p.heads + mine.head) * parts + before]);
    const float4* added = reinterpret_cast<const float4*>(segments.states) +
                          SegmentStateIndex<kStates>(batch, y_stride / kPanelColumns, mine.unit, parts, before);
#pragma unroll
    for (int i = 0; i < State::kTiles; ++i) {
      const float4 values = added[i * kHeadThreads];
      state.s[i][0] = fmaf(state.s[i][0], decay, values.x);
      state.s[i][1] = fmaf(state.s[i][1], decay, values.y);
      state.s[i][2] = fmaf(state.s[i][2], decay, values.z);
      state.s[i][3] = fmaf(state.s[i][3], decay, values.w);
    }
  }

  T* y_place = p.y + (first_row + begin) * y_stride + channel + warp * 16;
  int index = 0;
  for (int64_t t0 = begin; t0 < end; t0 += kChunk, ++index) {
    const typename Tiles::Stage& stage = tiles.stages[index % 2];
    const HeadSteps& steps = tiles.steps[index % kHeadStepSlots][slot];
    const int64_t next = t0 + kChunk;
    WaitForCopies<0>();
    PublishToProducts();
    __syncthreads();
    if (next < end) start_copies(next, index + 1);
    if (!mine.active) continue;

    float y[kOutputTiles][4];
    uint32_t operand[kStates / 16][4];
    RoundState<T, kStates>(state.s, operand);
    MultiplyState<T, kStates>(y, operand, stage.c, place);
    const int64_t ahead = t0 + (kHeadWarps + warp) * kChunk;
    if (index % kHeadWarps == 0 && ahead < end) {
      PrepareSteps(p, raw, bias, ahead, end, rate, tiles.steps[(index + kHeadWarps + warp) % kHeadStepSlots][slot]);
      raw = LoadSteps(dt, p.dt_stride, ahead + kHeadWarps * kChunk, end);
    }
    WriteM<T>(tiles.m[slot], stage.products, steps, thread);
    PublishToProducts();
    uint32_t inputs[kPanelSteps][4];
    LoadColumns(inputs, stage.x[slot], warp, place);
    WaitForProducts<0>();
    Settle(y);
    Settle(operand);
#pragma unroll
    for (int i = 0; i < kOutputTiles; ++i) {
      const float2 decay = *reinterpret_cast<const float2*>(steps.decays + i * 8 + place.tile_column);
      y[i][0] *= decay.x;
      y[i][1] *= decay.y;
      y[i][2] *= decay.x;
      y[i][3] *= decay.y;
    }
    NamedBarrier<kHeadThreads>(1 + slot);
    AddInputs<T>(y, inputs, tiles.m[slot], place);
    uint32_t weighted[kPanelSteps][4];
    WeighColumns<T>(inputs, weighted, steps.weights, place);
    state.Decay(steps.decays[kChunk - 1]);
    AddToState<T, kStates>(state.s, weighted, stage.b, place);
    WaitForProducts<1>();
    Settle(y);
    const OutputPlace<T> to{y_place, y_stride, end - t0 < kChunk ? static_cast<int>(end - t0) : kChunk};
    y_place += kChunk * y_stride;
    StoreOutputs<T, kGated>(y, inputs, skip, stage.x[kGated ? kGroupedHeads + slot : 0], warp, place, to);
    WaitForProducts<0>();
    Settle(state.s);
    Settle(weighted);
  }

  if (mine.active && segment == segments.count - 1) {
    state.ForEach(place, p.head_size, [&](const float& element, int64_t offset) { segments.final_state[state_base + offset] = element; });
  }
}

template <int kStates>
struct GroupedStateTiles {
  static constexpr int kStages = 3;

  struct Stage {
    Panel b[kStates / kPanelColumns];
    Panel x[kGroupedHeads];
  };

  Stage stages[kStages];
  HeadSteps steps[kHeadStepSlots][kGroupedHeads];
};

/// What each piece of the segments but the last adds to the state.
template <typename T, int kStates>
__global__ void __launch_bounds__(kGroupedThreads, 2)
    StateSpaceDualGroupedStatesKernel(const StateSpaceDualArguments<T> p, const DualSegments segments) {
  using Tiles = GroupedStateTiles<kStates>;
  using State = HeadState<kStates>;
  LetDependentsStart();
  WaitForPrerequisites();
  Tiles& tiles = SharedPanels<Tiles>();
  const LanePlace place = PlaceOfLane();
  const HeadPlace mine = PlaceOfHead(p);
  const int thread = static_cast<int>(threadIdx.x) % kHeadThreads;
  const int slot = HeadOfBlock();
  const int warp = thread / 32;
  const int part = static_cast<int>(blockIdx.y);
  const int64_t batch = blockIdx.z;
  const int64_t length = segments.length / segments.pieces;
  const int64_t begin = part * length;
  const int64_t end = begin + length;
  const int64_t first_row = batch * p.length;
  PanelCopies<T, kStates / 8, kGroupedThreads> b(p.b + (first_row + begin) * p.b_stride + static_cast<int64_t>(mine.group) * kStates, p.b_stride,
                                              static_cast<int>(threadIdx.x));
  PanelCopies<T, kPanelPieces, kHeadThreads> x(
      p.x + (first_row + begin) * p.x_stride + static_cast<int64_t>(mine.head) * p.head_size + mine.column, p.x_stride, thread);
  const T* dt = p.dt + first_row * p.dt_stride + mine.head;
  const float rate = p.a[mine.head] * kLog2E;
  const float bias = p.dt_bias == nullptr ? 0.0f : p.dt_bias[mine.head];

  // A group of copies a chunk, empty behind the end, so that the wait counts chunks.
  const auto start_copies = [&](int64_t t0, int index) {
    typename Tiles::Stage& stage = tiles.stages[index % Tiles::kStages];
    if (t0 < end) {
      b.Start(stage.b, p.b_stride, kChunk);
      x.Start(&stage.x[slot], p.x_stride, kChunk);
    }
    CommitCopies();
  };
#pragma unroll
  for (int ahead = 0; ahead < Tiles::kStages - 1; ++ahead) start_copies(begin + ahead * kChunk, ahead);
  // Each warp prepares every fourth chunk, all in the same round; the steps of a round are under way since the one before.
  const int64_t first_of_warp = begin + warp * kChunk;
  PrepareSteps(p, LoadSteps(dt, p.dt_stride, first_of_warp, end), bias, first_of_warp, end, rate, tiles.steps[warp][slot]);
  RawSteps<T> raw = LoadSteps(dt, p.dt_stride, first_of_warp + kHeadWarps * kChunk, end);

  State state;
  state.Clear();
  float exponent = 0.0f;
  int index = 0;
  for (int64_t t0 = begin; t0 < end; t0 += kChunk, ++index) {
    const typename Tiles::Stage& stage = tiles.stages[index % Tiles::kStages];
    const HeadSteps& steps = tiles.steps[index % kHeadStepSlots][slot];
    WaitForCopies<Tiles::kStages - 2>();
    PublishToProducts();
    __syncthreads();
    start_copies(t0 + (Tiles::kStages - 1) * kChunk, index + Tiles::kStages - 1);
    if (!mine.active) continue;
    uint32_t weighted[kPanelSteps][4];
    LoadColumns(weighted, stage.x[slot], warp, place);
    WeighColumns<T>(weighted, weighted, steps.weights, place);
    exponent += steps.cumulative[kChunk - 1];
    state.Decay(steps.decays[kChunk - 1]);
    AddToState<T, kStates>(state.s, weighted, stage.b, place);
    const int64_t ahead = t0 + (kHeadWarps + warp) * kChunk;
    if (index % kHeadWarps == 0 && ahead < end) {
      PrepareSteps(p, raw, bias, ahead, end, rate, tiles.steps[(index + kHeadWarps + warp) % kHeadStepSlots][slot]);
      raw = LoadSteps(dt, p.dt_stride, ahead + kHeadWarps * kChunk, end);
    }
    WaitForProducts<0>();
    Settle(state.s);
    Settle(weighted);
  }

  if (!mine.active) return;
  const int parts = segments.parts();
  float4* to = reinterpret_cast<float4*>(segments.states) +
               SegmentStateIndex<kStates>(batch, static_cast<int64_t>(p.heads) * p.head_size / kPanelColumns, mine.unit, parts, part);
#pragma unroll
  for (int i = 0; i < State::kTiles; ++i) {
    to[i * kHeadThreads] = make_float4(state.s[i][0], state.s[i][1], state.s[i][2], state.s[i][3]);
  }
  if (thread == 0 && mine.column == 0) segments.decays[(batch * p.heads + mine.head) * parts + part] = exponent;
}

/// Blocks of one segment and batch.
template <typename T>
int64_t GroupedBlocks(const StateSpaceDualArguments<T>& p) {
  const int64_t units = static_cast<int64_t>(p.heads / p.groups) * (p.head_size / kPanelColumns);
  return p.groups * ((units + kGroupedHeads - 1) / kGroupedHeads);
}

/// The number of segments that ends first, in tenths of the time of a chunk: a chunk of the first pass costs some 3 of them, the start
/// of a block 20, and each segment in front of it 5.
template <typename T>
int ChooseGroupedSegments(const StateSpaceDualArguments<T>& p, const Device& device) {
  constexpr int kMostSegments = 32;
  const int64_t blocks = p.batch * GroupedBlocks(p);
  const int64_t chunks = (p.length + kChunk - 1) / kChunk;
  const auto waves = [&](int64_t count) { return (blocks * count + device.multiprocessors - 1) / device.multiprocessors; };
  int best = 1;
  int64_t least = INT64_MAX;
  for (int count = 1; count <= kMostSegments && count <= chunks; ++count) {
    const int64_t length = (chunks + count - 1) / count;
    int64_t cost = waves(count) * (length * 10 + 20 + (count - 1) * 5);
    if (count > 1) cost += waves(count - 1) * (length * 3 + 20);
    if (cost < least) least = cost, best = count;
  }
  return best;
}

template <int kStates>
size_t GroupedDualBytes(bool gated) {
  return (gated ? sizeof(GroupedTiles<kStates, true>) : sizeof(GroupedTiles<kStates, false>)) + kPanelAlignment;
}

/// Whether these kernels compute these sizes.
template <typename T>
bool FitsGroupedDual(const StateSpaceDualArguments<T>& p, const Device& device) {
  if ((p.states != 64 && p.states != 128) || p.head_size % kPanelColumns != 0) return false;
  const size_t needed = p.states == 64 ? GroupedDualBytes<64>(p.z != nullptr) : GroupedDualBytes<128>(p.z != nullptr);
  return needed <= static_cast<size_t>(device.shared_bytes_per_block) && RowsAligned(p.x, p.x_stride, 16) &&
         RowsAligned(p.b, p.b_stride, 16) && RowsAligned(p.c, p.c_stride, 16) && RowsAligned(p.z, p.z_stride, 16) &&
         RowsAligned(p.y, static_cast<int64_t>(p.heads) * p.head_size, 16);
}

/// A multiprocessor holds two blocks of the first pass: they take half a long segment each. Of short ones the states of more pieces
/// would take longer to read.
template <typename T>
int GroupedPieces(const StateSpaceDualArguments<T>& p, int segments) {
  constexpr int64_t kLongSegment = 16 * kChunk;
  return p.length >= segments * kLongSegment ? 2 : 1;
}

template <typename T>
size_t GroupedDualFloats(const StateSpaceDualArguments<T>& p, int segments) {
  return SegmentFloats(p, segments, GroupedPieces(p, segments)) + ProductFloats(p);
}

template <typename T, int kStates>
cudaError_t LaunchGroupedDual(const StateSpaceDualArguments<T>& p, int count, cudaStream_t stream) {
  const int pieces = GroupedPieces(p, count);
  const DualSegments segments = CutTime(p, count, pieces);
  float* products = static_cast<float*>(p.workspace) + SegmentFloats(p, count, pieces);
  dim3 grid(static_cast<unsigned>(GroupedBlocks(p)), static_cast<unsigned>(segments.parts()), static_cast<unsigned>(p.batch));
  cudaError_t error = cudaSuccess;
  if (segments.count > 1) {
    error = LaunchDependent(StateSpaceDualGroupedStatesKernel<T, kStates>, grid, dim3(kGroupedThreads),
                            sizeof(GroupedStateTiles<kStates>) + kPanelAlignment, stream, p, segments);
  }
  if (error == cudaSuccess) error = LaunchDualProducts<T, kStates>(p, products, stream);
  if (error != cudaSuccess) return error;
  grid.y = static_cast<unsigned>(segments.count);
  const auto kernel = p.z != nullptr ? StateSpaceDualGroupedKernel<T, kStates, true> : StateSpaceDualGroupedKernel<T, kStates, false>;
  error = LaunchDependent(kernel, grid, dim3(kGroupedThreads), GroupedDualBytes<kStates>(p.z != nullptr), stream, p, segments,
                          static_cast<const float*>(products));
  return error == cudaSuccess ? DeliverState(p, segments, stream) : error;
}

}  // namespace edgefleet::cuda
