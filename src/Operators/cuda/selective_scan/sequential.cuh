// SelectiveScan of many tokens without cutting time, for 16-bit elements and 16 states: the states of many channels fill a GPU by themselves.
//
// A lane holds kStates of a channel's states and walks over all tokens, so that a token costs a state one exponential and four
// more instructions, and nothing is exchanged between lanes or computed twice. What belongs to a token and channel alone (softplus,
// dt u, the sum over the lanes, the skip connection, the gate) is done by other warps of the block: while the scan warps walk over
// a tile of tokens, the channel warps finish the tile before it and prepare the one behind it. Their inputs are copied to shared
// memory two tiles ahead. One barrier a tile keeps all warps in step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/primitives.cuh"
#include "selective_scan/selective_scan.h"

namespace edgefleet::cuda {

inline constexpr int kSequentialStates = 16;
/// Scan warps of a block: one for each of a multiprocessor's schedulers.
inline constexpr int kSequentialWarps = 4;
/// Tokens between barriers, and tokens that a lane of the scan warps reads and writes together.
inline constexpr int kSequentialTokens = 32;
inline constexpr int kScanTokens = 4;

/// How a block is made up.
template <int kStates, int kWarps>
struct SequentialBlock {
  /// Lanes that share a channel.
  static constexpr int kLanes = kSequentialStates / kStates;
  static constexpr int kChannels = kWarps * 32 / kLanes;
  static constexpr int kScanThreads = kWarps * 32;
  /// Tokens and pairs of channels of a thread of the channel warps: few where the scan of a tile is short.
  static constexpr int kThreadTokens = kStates;
  static constexpr int kPairs = kChannels / 2;
  static constexpr int kChannelThreads = kPairs * (kSequentialTokens / kThreadTokens);
  static constexpr int kThreads = kScanThreads + kChannelThreads;
  static_assert(kChannelThreads % 32 == 0, "whole warps");

  /// A row of a tile, padded, and the rows of two channels padded once more: accesses of neighbouring lanes meet different banks,
  /// whether they hold neighbouring rows or every `2 kLanes`th.
  static constexpr int kRow = kSequentialTokens + 4;
  /// Where a channel has rows for eight lanes, those of odd channels are moved by half of the banks.
  static constexpr int kOddRow = kLanes >= 8 ? 16 : 0;

  struct Tile {
    /// dt and dt u of each channel over the tokens.
    alignas(16) float dt[kChannels * kRow + kPairs * 4];
    float x[kChannels * kRow + kPairs * 4];
    /// For each token and pair of states B of both, C of both.
    float bc[kSequentialTokens * 2 * kSequentialStates];
    /// Outputs over the tokens that the states of each lane of each channel contribute.
    float partial[kChannels * kLanes * kRow + kPairs * (4 + kOddRow)];
  };

  /// Where a channel's row of `dt` and `x` starts.
  static __device__ __forceinline__ int Row(int channel) { return channel * kRow + channel / 2 * 4; }
  /// Where a lane's row of `partial` starts.
  static __device__ __forceinline__ int PartialRow(int channel, int lane) {
    return (channel * kLanes + lane) * kRow + channel / 2 * (4 + kOddRow) + channel % 2 * kOddRow;
  }
};

/// Which of a warp's channels a lane holds, and which of the lanes of that channel it is. A 16-byte load from shared memory takes half
/// as long where each lane reads what lane ^ 1 or what lane ^ 2 reads: the former holds for B and C, the latter for dt and dt u.
template <int kLanes>
struct ScanLane {
  int channel;
  int state_lane;

  __device__ __forceinline__ explicit ScanLane(int lane)
      : channel(lane % 2 + lane / (2 * kLanes) * 2), state_lane(lane / 2 % kLanes) {}
};

/// What a lane of the scan warps needs for kScanTokens tokens.
template <int kStates>
struct ScanStep {
  Vector<float, kScanTokens> dt;
  Vector<float, kScanTokens> x;
  Vector<float, 4> bc[kScanTokens][kStates / 2];

  __device__ __forceinline__ void Load(const float* dt_row, const float* x_row, const float* bc_rows, int token) {
    dt = LoadVector<float, kScanTokens>(dt_row + token);
    x = LoadVector<float, kScanTokens>(x_row + token);
#pragma unroll
    for (int i = 0; i < kScanTokens; ++i) {
#pragma unroll
      for (int pair = 0; pair < kStates / 2; ++pair) {
        bc[i][pair] = LoadVector<float, 4>(bc_rows + (token + i) * 2 * kSequentialStates + pair * 4);
      }
    }
  }
};

/// Walks over a tile: advances the states and leaves their part of each output in `partial`.
template <int kStates>
__device__ __forceinline__ void ScanTile(const float* dt, const float* x, const float* bc, float* partial, const float (&rate)[kStates],
                                         float (&h)[kStates]) {
  constexpr int kSteps = kSequentialTokens / kScanTokens;
  // Steps between the loads and their use: as many as registers allow.
  constexpr int kAhead = 4 / kStates;
  ScanStep<kStates> steps[kAhead + 1];
#pragma unroll
  for (int i = 0; i < kAhead; ++i) steps[i].Load(dt, x, bc, i * kScanTokens);
#pragma unroll
  for (int index = 0; index < kSteps; ++index) {
    const int ahead = index + kAhead;
    if (ahead < kSteps) steps[ahead % (kAhead + 1)].Load(dt, x, bc, ahead * kScanTokens);
    const ScanStep<kStates>& step = steps[index % (kAhead + 1)];
    Vector<float, kScanTokens> sum;
#pragma unroll
    for (int i = 0; i < kScanTokens; ++i) {
#pragma unroll
      for (int n = 0; n < kStates; ++n) {
        const float b = step.bc[i][n / 2].element[n % 2];
        const float c = step.bc[i][n / 2].element[2 + n % 2];
        const float decay = ApproximateExp2(step.dt.element[i] * rate[n]);
        h[n] = fmaf(decay, h[n], step.x.element[i] * b);
        sum.element[i] = n == 0 ? c * h[n] : fmaf(c, h[n], sum.element[i]);
      }
    }
    StoreVector<float, kScanTokens>(partial + index * kScanTokens, sum);
  }
}

/// A thread of the channel warps: some tokens of each tile for two neighbouring channels, and some of the tile's B and C, a pair of
/// states at a time. What it reads it has copied itself, so that it waits for nobody.
template <typename T, int kStates, int kWarps>
class ChannelWorker {
 public:
  using Block = SequentialBlock<kStates, kWarps>;
  using Tile = typename Block::Tile;
  static constexpr int kTokens = Block::kThreadTokens;
  static constexpr int kStatePairs = kSequentialStates / 2;
  /// Tokens whose B and C all channel warps copy at a time.
  static constexpr int kItemTokens = Block::kChannelThreads / kStatePairs;
  static constexpr int kItems = kSequentialTokens / kItemTokens;
  static_assert(kItems * kItemTokens == kSequentialTokens, "each thread copies as much of B and C");

  /// A thread's inputs of a tile, pairs of elements.
  struct Inputs {
    Pair<T> u[kTokens];
    Pair<T> delta[kTokens];
    Pair<T> z[kTokens];
    Pair<T> b[kItems];
    Pair<T> c[kItems];
  };
  static constexpr int kPairs = sizeof(Inputs) / sizeof(Pair<T>);

  /// Inputs of a tile of all threads: rows of pairs, a column a thread.
  using Slot = Pair<T>[kPairs][Block::kChannelThreads];

  __device__ __forceinline__ ChannelWorker(const SelectiveScanArguments<T>& arguments, int index) : p(arguments), index_(index) {
    const int pair = index % Block::kPairs;
    const int first_channel = static_cast<int>(blockIdx.x) * Block::kChannels;
    const int channel = first_channel + 2 * pair;
    const int64_t first_row = static_cast<int64_t>(blockIdx.y) * p.length;
    token_ = index / Block::kPairs * kTokens;
    item_token_ = index / kStatePairs;
    exists_ = channel < p.channels;
    row_ = Block::Row(2 * pair) + token_;
    partial_row_ = Block::PartialRow(2 * pair, 0) + token_;
    const int64_t row = first_row + token_;
    const int64_t item_row = first_row + item_token_;
    const int state = index % kStatePairs * 2;
    u_ = p.u + row * p.u_stride + channel;
    delta_ = p.delta + row * p.delta_stride + channel;
    z_ = p.z + row * p.z_stride + channel;
    b_ = p.b + item_row * p.b_stride + state;
    c_ = p.c + item_row * p.c_stride + state;
    y_ = p.y + row * p.channels + channel;
    if (exists_ && p.delta_bias != nullptr) bias_ = {p.delta_bias[channel], p.delta_bias[channel + 1]};
    if (exists_ && p.d != nullptr) skip_ = {p.d[channel], p.d[channel + 1]};
  }

  /// Starts to copy the inputs of the next tile, which is `tile`, as a group. Zeros stand for what does not exist.
  __device__ __forceinline__ void Load(int64_t tile, Slot& to) {
    const int valid = Clamp(p.length - tile * kSequentialTokens);
    const int left = exists_ ? valid - token_ : 0;
    const int items_left = valid - item_token_;
    int row = 0;
#pragma unroll
    for (int i = 0; i < kTokens; ++i) Copy(to[row++], u_ + i * p.u_stride, i < left);
#pragma unroll
    for (int i = 0; i < kTokens; ++i) Copy(to[row++], delta_ + i * p.delta_stride, i < left);
#pragma unroll
    for (int i = 0; i < kTokens; ++i) Copy(to[row++], z_ + i * p.z_stride, i < left && p.z != nullptr);
#pragma unroll
    for (int i = 0; i < kItems; ++i) Copy(to[row++], b_ + i * kItemTokens * p.b_stride, i * kItemTokens < items_left);
#pragma unroll
    for (int i = 0; i < kItems; ++i) Copy(to[row++], c_ + i * kItemTokens * p.c_stride, i * kItemTokens < items_left);
    CommitCopies();
    u_ += kSequentialTokens * p.u_stride;
    delta_ += kSequentialTokens * p.delta_stride;
    z_ += kSequentialTokens * p.z_stride;
    b_ += kSequentialTokens * p.b_stride;
    c_ += kSequentialTokens * p.c_stride;
  }

  /// The thread's inputs, when their copies are done.
  __device__ __forceinline__ Inputs Read(const Slot& from) const {
    Inputs inputs;
    Pair<T>* pairs = reinterpret_cast<Pair<T>*>(&inputs);
#pragma unroll
    for (int i = 0; i < kPairs; ++i) pairs[i] = from[i][index_];
    return inputs;
  }

  /// The outputs that the states of all lanes contribute to a tile.
  __device__ __forceinline__ void ReadSums(const Tile& from, float (&sum)[2][kTokens]) const {
    Vector<float, kTokens> parts[2][Block::kLanes];
#pragma unroll
    for (int c = 0; c < 2; ++c) {
#pragma unroll
      for (int l = 0; l < Block::kLanes; ++l) {
        parts[c][l] =
            LoadVector<float, kTokens>(from.partial + partial_row_ + (c * Block::kLanes + l) * Block::kRow + c * Block::kOddRow);
      }
    }
#pragma unroll
    for (int c = 0; c < 2; ++c) {
#pragma unroll
      for (int i = 0; i < kTokens; ++i) {
        sum[c][i] = parts[c][0].element[i];
#pragma unroll
        for (int l = 1; l < Block::kLanes; ++l) sum[c][i] += parts[c][l].element[i];
      }
    }
  }

  /// Writes what the scan warps need of a tile.
  __device__ __forceinline__ void Prepare(int64_t tile, const Inputs& inputs, Tile& to) const {
    const int left = Clamp(p.length - tile * kSequentialTokens) - token_;
    Vector<float, kTokens> dt[2];
    Vector<float, kTokens> x[2];
#pragma unroll
    for (int i = 0; i < kTokens; ++i) {
      const float2 raw = ToFloats(inputs.delta[i]);
      const float2 u = ToFloats(inputs.u[i]);
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        const float biased = c == 0 ? raw.x + bias_.x : raw.y + bias_.y;
        // Chosen, not branched to: the work of the other warps hides the few instructions.
        const float step = Fast::Softplus(biased);
        // Behind the last token nothing moves: a decay of one and no input.
        dt[c].element[i] = i < left ? (p.delta_softplus ? step : biased) : 0.0f;
        x[c].element[i] = dt[c].element[i] * (c == 0 ? u.x : u.y);
      }
    }
#pragma unroll
    for (int c = 0; c < 2; ++c) {
      StoreVector<float, kTokens>(to.dt + row_ + c * Block::kRow, dt[c]);
      StoreVector<float, kTokens>(to.x + row_ + c * Block::kRow, x[c]);
    }
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
      const float2 b = ToFloats(inputs.b[i]);
      const float2 c = ToFloats(inputs.c[i]);
      StoreVector<float, 4>(to.bc + (index_ + i * Block::kChannelThreads) * 4, {b.x, b.y, c.x, c.y});
    }
  }

  /// Writes the outputs of a tile.
  __device__ __forceinline__ void Finish(int64_t tile, const Inputs& inputs, const float (&sum)[2][kTokens]) const {
    const int left = exists_ && tile >= 0 ? Clamp(p.length - tile * kSequentialTokens) - token_ : 0;
    T* y = y_ + tile * kSequentialTokens * p.channels;
#pragma unroll
    for (int i = 0; i < kTokens; ++i) {
      const float2 u = ToFloats(inputs.u[i]);
      const float2 z = ToFloats(inputs.z[i]);
      float first = fmaf(skip_.x, u.x, sum[0][i]);
      float second = fmaf(skip_.y, u.y, sum[1][i]);
      first *= p.z == nullptr ? 1.0f : Fast::Silu(z.x);
      second *= p.z == nullptr ? 1.0f : Fast::Silu(z.y);
      if (i < left) *reinterpret_cast<Pair<T>*>(y + static_cast<int64_t>(i) * p.channels) = FromFloats<T>(first, second);
    }
  }

 private:
  __device__ __forceinline__ void Copy(Pair<T> (&to)[Block::kChannelThreads], const T* from, bool exists) const {
    CopyAsync<sizeof(Pair<T>)>(to + index_, from, exists);
  }

  static __device__ __forceinline__ int Clamp(int64_t left) {
    return static_cast<int>(left < kSequentialTokens ? left : static_cast<int64_t>(kSequentialTokens));
  }

  const SelectiveScanArguments<T>& p;
  int index_;
  int token_;
  int item_token_;
  bool exists_;
  int row_;
  int partial_row_;
  /// Where the thread reads of the next tile.
  const T* u_;
  const T* delta_;
  const T* z_;
  const T* b_;
  const T* c_;
  /// Where it writes of the first tile.
  T* y_;
  float2 bias_{};
  float2 skip_{};
};

template <typename T, int kStates, int kWarps>
struct SequentialShared {
  /// Tile t is in slot t % kSlots from three tiles before it is scanned until it is finished.
  static constexpr int kSlots = 4;

  typename SequentialBlock<kStates, kWarps>::Tile tiles[2];
  alignas(16) typename ChannelWorker<T, kStates, kWarps>::Slot slots[kSlots];
};

template <typename T, int kStates, int kWarps>
__device__ __forceinline__ void RunScanWarp(const SelectiveScanArguments<T>& p, typename SequentialBlock<kStates, kWarps>::Tile* tiles,
                                            int64_t count) {
  using Block = SequentialBlock<kStates, kWarps>;
  const int thread = static_cast<int>(threadIdx.x);
  const ScanLane<Block::kLanes> lane(thread % 32);
  const int state_lane = lane.state_lane;
  const int local = thread / 32 * (32 / Block::kLanes) + lane.channel;
  const int channel = static_cast<int>(blockIdx.x) * Block::kChannels + local;
  const bool active = channel < p.channels;
  const int64_t rate_start = static_cast<int64_t>(state_lane * kStates) * p.channels + channel;
  const int64_t state_start = static_cast<int64_t>(blockIdx.y) * kSequentialStates * p.channels + rate_start;
  float h[kStates];
  float rate[kStates];
#pragma unroll
  for (int n = 0; n < kStates; ++n) {
    const int64_t at = static_cast<int64_t>(n) * p.channels;
    h[n] = active ? p.past_state[state_start + at] : 0.0f;
    rate[n] = active ? p.a[rate_start + at] * kLog2E : 0.0f;
  }
  // Addresses in registers, made opaque: they would be found anew in each turn.
  unsigned dt = SharedAddress(tiles->dt + Block::Row(local));
  unsigned bc = SharedAddress(tiles->bc + state_lane * kStates * 2);
  unsigned partial = SharedAddress(tiles->partial + Block::PartialRow(local, state_lane));
  asm volatile("" : "+r"(dt), "+r"(bc), "+r"(partial));
  constexpr unsigned kInput = offsetof(typename Block::Tile, x) - offsetof(typename Block::Tile, dt);
  unsigned to_other = sizeof(typename Block::Tile);
  BlockBarrier();
  for (int64_t index = 0; index < count; ++index) {
    ScanTile<kStates>(SharedPointer<const float>(dt), SharedPointer<const float>(dt + kInput), SharedPointer<const float>(bc),
                      SharedPointer<float>(partial), rate, h);
    dt += to_other;
    bc += to_other;
    partial += to_other;
    to_other = -to_other;
    BlockBarrier();
  }
#pragma unroll
  for (int n = 0; n < kStates; ++n) {
    if (active) p.present_state[state_start + static_cast<int64_t>(n) * p.channels] = h[n];
  }
}

template <typename T, int kStates, int kWarps>
__device__ __forceinline__ void RunChannelWarp(const SelectiveScanArguments<T>& p, SequentialShared<T, kStates, kWarps>& shared,
                                               int64_t count) {
  using Worker = ChannelWorker<T, kStates, kWarps>;
  constexpr int kSlots = SequentialShared<T, kStates, kWarps>::kSlots;
  constexpr int kTokens = Worker::kTokens;
  Worker worker(p, static_cast<int>(threadIdx.x) - SequentialBlock<kStates, kWarps>::kScanThreads);
#pragma unroll 1
  for (int tile = 0; tile < kSlots - 1; ++tile) worker.Load(tile, shared.slots[tile]);
  WaitForCopies<kSlots - 2>();
  worker.Prepare(0, worker.Read(shared.slots[0]), shared.tiles[0]);
  BlockBarrier();
#pragma unroll 1
  for (int64_t tile = 0; tile <= count; ++tile) {
    // While this tile is scanned, the tiles before and behind it share what is not its own. All is read before anything is computed,
    // so that one wait for shared memory does.
    typename Worker::Tile& other = shared.tiles[(tile + 1) % 2];
    typename Worker::Slot& before = shared.slots[(tile + kSlots - 1) % kSlots];
    WaitForCopies<kSlots - 3>();
    const typename Worker::Inputs finished = worker.Read(before);
    const typename Worker::Inputs prepared = worker.Read(shared.slots[(tile + 1) % kSlots]);
    float sum[2][kTokens];
    worker.ReadSums(other, sum);
    worker.Load(tile + kSlots - 1, before);
    worker.Finish(tile - 1, finished, sum);
    worker.Prepare(tile + 1, prepared, other);
    if (tile < count) BlockBarrier();
  }
}

template <typename T, int kStates, int kWarps>
__global__ void __launch_bounds__(SequentialBlock<kStates, kWarps>::kThreads, 2)
    SelectiveScanSequentialKernel(const SelectiveScanArguments<T> p) {
  using Block = SequentialBlock<kStates, kWarps>;
  auto& shared = *reinterpret_cast<SequentialShared<T, kStates, kWarps>*>(DynamicShared());
  const int64_t count = (p.length + kSequentialTokens - 1) / kSequentialTokens;
  if (threadIdx.x < Block::kScanThreads) {
    RunScanWarp<T, kStates, kWarps>(p, shared.tiles, count);
  } else {
    RunChannelWarp<T, kStates, kWarps>(p, shared, count);
  }
}

/// Whether the kernel computes this: 16 states, and pairs of elements that are aligned.
template <typename T>
bool FitsSequentialScan(const SelectiveScanArguments<T>& p) {
  constexpr size_t kPairBytes = sizeof(Pair<T>);
  return p.states == kSequentialStates && p.channels % 2 == 0 && RowsAligned(p.u, p.u_stride, kPairBytes) &&
         RowsAligned(p.delta, p.delta_stride, kPairBytes) && RowsAligned(p.b, p.b_stride, kPairBytes) &&
         RowsAligned(p.c, p.c_stride, kPairBytes) && RowsAligned(p.z, p.z_stride, kPairBytes) && RowsAligned(p.y, p.channels, kPairBytes);
}

template <typename T, int kStates, int kWarps>
cudaError_t LaunchSequentialScan(const SelectiveScanArguments<T>& p, const Device& device, cudaStream_t stream) {
  using Block = SequentialBlock<kStates, kWarps>;
  constexpr size_t kBytes = sizeof(SequentialShared<T, kStates, kWarps>);
  if (!FitsSequentialScan(p) || kBytes > static_cast<size_t>(device.shared_bytes_per_block)) return cudaErrorInvalidConfiguration;
  const dim3 grid(static_cast<unsigned>((p.channels + Block::kChannels - 1) / Block::kChannels), static_cast<unsigned>(p.batch));
  return Launch(SelectiveScanSequentialKernel<T, kStates, kWarps>, grid, dim3(Block::kThreads), kBytes, stream, p);
}

}  // namespace edgefleet::cuda
