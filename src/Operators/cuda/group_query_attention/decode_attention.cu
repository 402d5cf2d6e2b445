#include "group_query_attention/decode_attention.h"

#include <algorithm>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/primitives.cuh"

// All query heads of a key/value head are the rows of tensor-core products with its keys and values, which are read once, from global memory
// straight into the operands' registers. Splits over the keys: T. Dao, D. Haziza, F. Massa, G. Sizov, "Flash-Decoding for long-context
// inference" (2023); online softmax: T. Dao, "FlashAttention-2", arXiv 2307.08691.
namespace edgefleet::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarp;
/// Keys that a warp takes at a time: the depth of the product with the values.
constexpr int kTile = 16;
/// A split gives each warp a tile at least.
constexpr int kLeastKeysOfSplit = kWarps * kTile;
constexpr int kRows = kMostDecodeGroup;
/// Channels of a key that a quarter of a warp's lanes load in one 16-byte access each, and those of a value that an eighth does.
constexpr int kVector = 8;
constexpr int kKeyChannels = 4 * kVector;
constexpr int kValueChannels = 8 * kVector;
constexpr int kLine = 128;
constexpr float kNone = -INFINITY;
/// Pieces that one block joins: more of them are joined in two steps, so that several blocks share what is to be read.
constexpr int kFanIn = 16;
constexpr int kMostSplits = kFanIn * kFanIn;

__host__ __device__ constexpr int Groups(int pieces) { return (pieces + kFanIn - 1) / kFanIn; }

/// The keys that a block reads, and how many blocks share the work of its head.
struct Range {
  /// Tokens in the cache behind this call, and the first that is seen.
  int total;
  int first;
  int begin;
  int end;
  int splits;

  template <typename T>
  __device__ Range(const DecodeAttentionArguments<T>& p, int past) {
    total = min(max(past, 0), p.capacity - 1) + 1;
    first = p.window > 0 ? max(0, total - p.window) : 0;
    const int start = first / kTile * kTile;
    const int most = static_cast<int>(gridDim.x);
    const int share = ((total - start + most - 1) / most + kTile - 1) / kTile * kTile;
    const int span = max(share, kLeastKeysOfSplit);
    splits = (total - start + span - 1) / span;
    begin = min(start + static_cast<int>(blockIdx.x) * span, total);
    end = min(begin + span, total);
  }
};

/// The channel that `c` is rotated with; `c` itself where it is not rotated.
template <typename T>
__device__ __forceinline__ int Partner(const DecodeAttentionArguments<T>& p, int c) {
  const int half = p.rotary_half;
  return c < half ? c + half : c < 2 * half ? c - half : c;
}

/// What a channel is rotated by: the factors of itself and of its partner.
struct Turn {
  float own = 1.0f;
  float partner = 0.0f;

  template <typename T>
  __device__ Turn(const DecodeAttentionArguments<T>& p, int position, int c) {
    const int half = p.rotary_half;
    if (c >= 2 * half) return;
    const int64_t angle = static_cast<int64_t>(position) * half + (c < half ? c : c - half);
    own = ToFloat(p.cos[angle]);
    partner = c < half ? -ToFloat(p.sin[angle]) : ToFloat(p.sin[angle]);
  }

  template <typename T>
  __device__ T Of(T channel, T other) const {
    return FromFloat<T>(fmaf(ToFloat(channel), own, ToFloat(other) * partner));
  }
};

/// Word `i` of four; `i` is known to the compiler, so that it is a register.
__device__ __forceinline__ uint32_t Word(const uint4& x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : x.w; }

/// What is read of `kTile` keys and values. Lane l holds channels of keys l / 4 and l / 4 + 8, and of values 2 (l % 4) + {0, 1, 8, 9}: as an
/// operand wants them, because the order of a product's depth and of its columns is free.
template <typename T, int kKeyVectors, int kValueVectors>
struct Tile {
  uint4 key[2][kKeyVectors];
  uint4 value[4][kValueVectors];

  __device__ __forceinline__ void Load(const T* keys, const T* values, int size, int first, int end, int lane) {
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      const int position = first + 8 * n + lane / 4;
#pragma unroll
      for (int v = 0; v < kKeyVectors; ++v) {
        const int channel = v * kKeyChannels + lane % 4 * kVector;
        key[n][v] = position < end && channel < size ? *reinterpret_cast<const uint4*>(keys + static_cast<int64_t>(position) * size + channel)
                                                     : uint4{};
      }
    }
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const int position = first + 2 * (lane % 4) + n % 2 + n / 2 * 8;
#pragma unroll
      for (int v = 0; v < kValueVectors; ++v) {
        const int channel = v * kValueChannels + lane / 4 * kVector;
        value[n][v] = position < end && channel < size
                          ? *reinterpret_cast<const uint4*>(values + static_cast<int64_t>(position) * size + channel)
                          : uint4{};
      }
    }
  }

  /// Puts one key and value, in shared memory, where their position is.
  __device__ __forceinline__ void Insert(const T* fresh_key, const T* fresh_value, int size, int first, int at, int lane) {
#pragma unroll
    for (int v = 0; v < kKeyVectors; ++v) {
      const int channel = v * kKeyChannels + lane % 4 * kVector;
#pragma unroll
      for (int n = 0; n < 2; ++n) {
        if (first + 8 * n + lane / 4 == at && channel < size) key[n][v] = *reinterpret_cast<const uint4*>(fresh_key + channel);
      }
    }
#pragma unroll
    for (int v = 0; v < kValueVectors; ++v) {
      const int channel = v * kValueChannels + lane / 4 * kVector;
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        if (first + 2 * (lane % 4) + n % 2 + n / 2 * 8 == at && channel < size) {
          value[n][v] = *reinterpret_cast<const uint4*>(fresh_value + channel);
        }
      }
    }
  }
};

/// A warp's attention so far. Lane l holds rows l / 4 and l / 4 + 8: their greatest score, its own part of their weights' sum, and of their
/// weighted values channels `v * kValueChannels + 16 (l % 4) + {0..15}`.
template <typename T, int kKeyVectors, int kValueVectors>
struct Sums {
  float greatest[2] = {kNone, kNone};
  float weight[2] = {};
  float sum[kValueVectors][kVector][4] = {};

  /// `first_seen` <= a key < `end` counts; scores are in units of log2.
  __device__ __forceinline__ void Add(const Tile<T, kKeyVectors, kValueVectors>& tile, const uint4 (&query)[2][kKeyVectors], float scale, int first,
                                      int first_seen, int end, int lane) {
    float score[2][4] = {};
#pragma unroll
    for (int n = 0; n < 2; ++n) {
#pragma unroll
      for (int v = 0; v < kKeyVectors; ++v) {
        const uint4 k = tile.key[n][v];
        MultiplyAdd<T>(score[n], {query[0][v].x, query[1][v].x, query[0][v].y, query[1][v].y}, k.x, k.y);
        MultiplyAdd<T>(score[n], {query[0][v].z, query[1][v].z, query[0][v].w, query[1][v].w}, k.z, k.w);
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int position = first + 8 * n + 2 * (lane % 4) + i % 2;
        score[n][i] = position < end && position >= first_seen ? score[n][i] * scale : kNone;
      }
    }
    float shrink[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float most = fmaxf(fmaxf(score[0][2 * r], score[0][2 * r + 1]), fmaxf(score[1][2 * r], score[1][2 * r + 1]));
      most = fmaxf(most, __shfl_xor_sync(kFullWarp, most, 1));
      most = fmaxf(most, __shfl_xor_sync(kFullWarp, most, 2));
      most = fmaxf(most, greatest[r]);
      shrink[r] = ApproximateExp2(greatest[r] - most);
      greatest[r] = most;
      float added = 0.0f;
#pragma unroll
      for (int n = 0; n < 2; ++n) {
#pragma unroll
        for (int i = 2 * r; i < 2 * r + 2; ++i) {
          score[n][i] = ApproximateExp2(score[n][i] - most);
          added += score[n][i];
        }
      }
      weight[r] = weight[r] * shrink[r] + added;
    }
    const uint32_t weights[4] = {Pack<T>(score[0][0], score[0][1]), Pack<T>(score[0][2], score[0][3]), Pack<T>(score[1][0], score[1][1]),
                                 Pack<T>(score[1][2], score[1][3])};
#pragma unroll
    for (int v = 0; v < kValueVectors; ++v) {
#pragma unroll
      for (int c = 0; c < kVector; ++c) {
#pragma unroll
        for (int i = 0; i < 4; ++i) sum[v][c][i] *= shrink[i / 2];
        // Channel c of two neighbouring keys side by side.
        const unsigned select = c % 2 == 0 ? 0x5410 : 0x7632;
        const auto pair = [&](int n) {
          return __byte_perm(Word(tile.value[n][v], c / 2), Word(tile.value[n + 1][v], c / 2), select);
        };
        MultiplyAdd<T>(sum[v][c], weights, pair(0), pair(2));
      }
    }
  }
};

__device__ __forceinline__ float4 Scaled(float4 x, float factor) { return {x.x * factor, x.y * factor, x.z * factor, x.w * factor}; }
__device__ __forceinline__ float4 Sum(float4 x, float4 y) { return {x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w}; }

template <typename T>
__device__ __forceinline__ void Store(T* to, float4 x) {
  *reinterpret_cast<uint2*>(to) = {Pack<T>(x.x, x.y), Pack<T>(x.z, x.w)};
}

/// Floats of a piece, what a split or several joined ones leave: each row's sums of weighted values, then each row's greatest score, then
/// each row's sum of weights.
__host__ __device__ inline int64_t PieceStride(int group, int size) { return static_cast<int64_t>(group) * size + (2 * group + 3) / 4 * 4; }

/// Pieces of a head in the workspace: of its splits, and of as many of them as one block joins.
__host__ __device__ inline int64_t PiecesOf(int splits) { return splits + Groups(splits); }

/// Counters of a head: of each group of splits, and of the groups.
__host__ __device__ inline int CountersOf(int splits) { return Groups(splits) + 1; }

/// Floats of shared memory that a block needs for joining its warps, and later pieces.
int SharedFloats(int group, int size, int value_vectors) {
  const int sums = kWarps * group * (value_vectors * kValueChannels + 4) + 2 * kWarps * kRows;
  const int pieces = (group * (kFanIn + 2) + 3) / 4 * 4 + 4 * std::max(kThreads, group * size / 4);
  return std::max(sums, pieces);
}

/// Where rows go: to a piece, or normalised to the output, which is null for a piece.
template <typename T>
struct Target {
  float* piece;
  T* output;

  /// `vector`: four channels of all rows; `most` and `whole`: of their row.
  __device__ __forceinline__ void Put(int vector, float4 sum, float most, float whole, int group, int size) const {
    if (output != nullptr) {
      Store(output + vector * 4, Scaled(sum, 1.0f / whole));
      return;
    }
    *reinterpret_cast<float4*>(piece + vector * 4) = sum;
    if (vector * 4 % size == 0) {
      const int row = vector * 4 / size;
      piece[group * size + row] = most;
      piece[group * (size + 1) + row] = whole;
    }
  }
};

/// Joins `count` <= kFanIn pieces behind each other, read from where all multiprocessors see them, in the order in which they lie.
template <typename T>
__device__ void JoinPieces(const float* pieces, int count, int group, int size, Target<T> target, float* shared) {
  constexpr int kAhead = 8;
  const int64_t stride = PieceStride(group, size);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float* shares = shared;                     // [group, kFanIn]
  float* most = shares + group * kFanIn;      // [group]
  float* whole = most + group;                // [group]
  float4* parts = reinterpret_cast<float4*>(shared + (group * (kFanIn + 2) + 3) / 4 * 4);
  // Where there are fewer vectors than threads, several threads share the pieces of one.
  const int vectors = group * size / 4;
  const int sharers = max(1, kThreads / vectors);
  for (int row = static_cast<int>(threadIdx.x) / kWarp; row < group; row += kWarps) {
    const float* statistics = pieces + lane * stride + group * size + row;
    const float greatest = lane < count ? __ldcg(statistics) : kNone;
    const float weight = lane < count ? __ldcg(statistics + group) : 0.0f;
    float top = greatest;
#pragma unroll
    for (int distance = kWarp / 2; distance > 0; distance /= 2) top = fmaxf(top, __shfl_xor_sync(kFullWarp, top, distance));
    const float share = ApproximateExp2(greatest - top);
    float sum = share * weight;
#pragma unroll
    for (int distance = kWarp / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(kFullWarp, sum, distance);
    if (lane < count) shares[row * kFanIn + lane] = share;
    if (lane == 0) {
      most[row] = top;
      whole[row] = sum;
    }
  }
  bool shared_ready = false;
  for (int item = static_cast<int>(threadIdx.x); item < (vectors * sharers + kThreads - 1) / kThreads * kThreads; item += kThreads) {
    const int vector = item % vectors;
    const int sharer = item / vectors;
    const float* share = shares + vector * 4 / size * kFanIn;
    float4 sum{};
    for (int from = 0; from < kFanIn; from += kAhead * sharers) {
      float4 ahead[kAhead];
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int piece = from + i * sharers + sharer;
        ahead[i] = sharer < sharers && piece < count ? __ldcg(reinterpret_cast<const float4*>(pieces + piece * stride) + vector) : float4{};
      }
      // The first vectors are under way while the shares are found.
      if (!shared_ready) __syncthreads();
      shared_ready = true;
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int piece = from + i * sharers + sharer;
        if (sharer < sharers && piece < count) sum = Sum(sum, Scaled(ahead[i], share[piece]));
      }
    }
    if (sharer < sharers) parts[item] = sum;
  }
  __syncthreads();
  for (int vector = static_cast<int>(threadIdx.x); vector < vectors; vector += kThreads) {
    float4 sum = parts[vector];
    for (int sharer = 1; sharer < sharers; ++sharer) sum = Sum(sum, parts[sharer * vectors + vector]);
    const int row = vector * 4 / size;
    target.Put(vector, sum, most[row], whole[row], group, size);
  }
}

/// kKeyVectors: 16-byte vectors of a key that a lane holds.
template <typename T, int kKeyVectors>
__global__ void __launch_bounds__(kThreads, 1) DecodeAttentionKernel(const DecodeAttentionArguments<T> p) {
  constexpr int kValueVectors = (kKeyVectors + 1) / 2;
  constexpr int kChannels = kKeyVectors * kKeyChannels;
  constexpr int kQueryStride = kChannels + kVector;
  constexpr int kSumStride = kValueVectors * kValueChannels + 4;
  constexpr int kItems = kRows * kChannels / kThreads;
  __shared__ __align__(16) T queries[kRows * kQueryStride];
  __shared__ __align__(16) T fresh_key[kChannels];
  __shared__ __align__(16) T fresh_value[kChannels];
  __shared__ bool is_last;
  float* shared = reinterpret_cast<float*>(DynamicShared());
  LetDependentsStart();

  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int size = p.head_size;
  const int group = p.heads / p.kv_heads;
  const int sequence = static_cast<int>(blockIdx.y) / p.kv_heads;
  const int head = static_cast<int>(blockIdx.y) % p.kv_heads;
  const int64_t cache = static_cast<int64_t>(blockIdx.y) * p.capacity * size;
  T* keys = p.present_key + cache;
  T* values = p.present_value + cache;
  {
    // What the warps read first. A length that earlier work is about to change does no harm here: what is fetched stays inside the cache, and
    // second-level lines cannot be stale.
    const Range guess(p, __ldcg(p.past_length + sequence));
    const int64_t from = static_cast<int64_t>(guess.begin) * size * 2;
    const int64_t to = static_cast<int64_t>(min(guess.end, guess.begin + kLeastKeysOfSplit)) * size * 2;
    for (int64_t at = from + threadIdx.x * kLine; at < to; at += kThreads * kLine) {
      PrefetchToL2(reinterpret_cast<const char*>(keys) + at);
      PrefetchToL2(reinterpret_cast<const char*>(values) + at);
    }
  }
  WaitForPrerequisites();

  // What the length does not decide is asked for together with it; then the angles, then the first keys and values.
  const int past = __ldcg(p.past_length + sequence);
  const T* query = p.query + sequence * p.query_stride + static_cast<int64_t>(head) * group * size;
  const auto row_of = [](int i) { return (i * kThreads + static_cast<int>(threadIdx.x)) / kChannels; };
  const auto channel_of = [](int i) { return (i * kThreads + static_cast<int>(threadIdx.x)) % kChannels; };
  T own[kItems];
  T partner[kItems];
#pragma unroll
  for (int i = 0; i < kItems; ++i) {
    const bool valid = row_of(i) < group && channel_of(i) < size;
    own[i] = valid ? query[row_of(i) * size + channel_of(i)] : FromFloat<T>(0.0f);
    partner[i] = valid ? query[row_of(i) * size + Partner(p, channel_of(i))] : FromFloat<T>(0.0f);
  }
  const T* key = p.key + sequence * p.key_stride + static_cast<int64_t>(head) * size;
  const int fresh = static_cast<int>(threadIdx.x);
  T key_own{};
  T key_partner{};
  T value_own{};
  if (fresh < size) {
    key_own = key[fresh];
    key_partner = key[Partner(p, fresh)];
    value_own = p.value[sequence * p.value_stride + static_cast<int64_t>(head) * size + fresh];
  }
  const Range range(p, past);
  if (range.begin >= range.end) return;
  // The new token's row is not read from the cache, where it arrives only now.
  const bool appends = range.end == range.total && past == range.total - 1;
  const int stored = appends ? past : range.end;
  T turned[kItems];
  const Turn fresh_turn(p, range.total - 1, min(fresh, size - 1));
#pragma unroll
  for (int i = 0; i < kItems; ++i) turned[i] = Turn(p, range.total - 1, min(channel_of(i), size - 1)).Of(own[i], partner[i]);
  Tile<T, kKeyVectors, kValueVectors> tile;
  int first = range.begin + warp * kTile;
  tile.Load(keys, values, size, first, stored, lane);
#pragma unroll
  for (int i = 0; i < kItems; ++i) queries[row_of(i) * kQueryStride + channel_of(i)] = turned[i];
  if (appends && fresh < size) {
    fresh_key[fresh] = fresh_turn.Of(key_own, key_partner);
    fresh_value[fresh] = value_own;
    keys[static_cast<int64_t>(past) * size + fresh] = fresh_key[fresh];
    values[static_cast<int64_t>(past) * size + fresh] = value_own;
  }
  __syncthreads();

  uint4 rows[2][kKeyVectors];
#pragma unroll
  for (int r = 0; r < 2; ++r) {
#pragma unroll
    for (int v = 0; v < kKeyVectors; ++v) {
      rows[r][v] = *reinterpret_cast<const uint4*>(queries + (lane / 4 + 8 * r) * kQueryStride + v * kKeyChannels + lane % 4 * kVector);
    }
  }
  const float scale = p.scale * kLog2E;
  Sums<T, kKeyVectors, kValueVectors> sums;
  while (first < range.end) {
    if (appends && past - first < kTile) tile.Insert(fresh_key, fresh_value, size, first, past, lane);
    sums.Add(tile, rows, scale, first, range.first, range.end, lane);
    first += kWarps * kTile;
    if (first < range.end) tile.Load(keys, values, size, first, stored, lane);
  }

  // The block's warps are joined in shared memory.
  float* greatest = shared + kWarps * group * kSumStride;  // [kWarps, kRows]
  float* weight = greatest + kWarps * kRows;
#pragma unroll
  for (int r = 0; r < 2; ++r) {
    const int row = lane / 4 + 8 * r;
    float own = sums.weight[r];
    own += __shfl_xor_sync(kFullWarp, own, 1);
    own += __shfl_xor_sync(kFullWarp, own, 2);
    if (row >= group) continue;
    if (lane % 4 == 0) {
      greatest[warp * kRows + row] = sums.greatest[r];
      weight[warp * kRows + row] = own;
    }
#pragma unroll
    for (int v = 0; v < kValueVectors; ++v) {
#pragma unroll
      for (int column = 0; column < 2; ++column) {
        float* to = shared + (warp * group + row) * kSumStride + v * kValueChannels + (lane % 4 * 2 + column) * kVector;
#pragma unroll
        for (int c = 0; c < kVector; c += 4) {
          *reinterpret_cast<float4*>(to + c) = {sums.sum[v][c][2 * r + column], sums.sum[v][c + 1][2 * r + column],
                                                sums.sum[v][c + 2][2 * r + column], sums.sum[v][c + 3][2 * r + column]};
        }
      }
    }
  }
  __syncthreads();
  const int64_t stride = PieceStride(group, size);
  const int splits = static_cast<int>(gridDim.x);
  T* output = p.output + (static_cast<int64_t>(sequence) * p.heads + head * group) * size;
  float* pieces = p.workspace + blockIdx.y * PiecesOf(splits) * stride;
  Target<T> target{pieces + blockIdx.x * stride, range.splits == 1 ? output : nullptr};
  for (int vector = static_cast<int>(threadIdx.x); vector < group * size / 4; vector += kThreads) {
    const int row = vector * 4 / size;
    const int c = vector * 4 % size;
    float most = kNone;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) most = fmaxf(most, greatest[w * kRows + row]);
    float4 sum{};
    float whole = 0.0f;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
      const float share = ApproximateExp2(greatest[w * kRows + row] - most);
      whole = fmaf(share, weight[w * kRows + row], whole);
      sum = Sum(sum, Scaled(*reinterpret_cast<const float4*>(shared + (w * group + row) * kSumStride + c), share));
    }
    target.Put(vector, sum, most, whole, group, size);
  }

  // The last block of a group of pieces joins them, as a piece of the next step or, where there is one group, as the output.
  unsigned* counters = p.counters + blockIdx.y * CountersOf(splits);
  int piece = static_cast<int>(blockIdx.x);
  for (int count = range.splits; count > 1; count = Groups(count)) {
    const int index = piece / kFanIn;
    const int members = min(kFanIn, count - index * kFanIn);
    __syncthreads();
    // One thread speaks for the block: the barriers before and behind it extend the order that its access makes to all threads.
    if (threadIdx.x == 0) is_last = CountToLast(counters + index, static_cast<unsigned>(members) - 1);
    __syncthreads();
    if (!is_last) return;
    const float* joined = pieces + index * kFanIn * stride;
    pieces += splits * stride;
    counters += Groups(splits);
    target = {pieces + index * stride, Groups(count) == 1 ? output : nullptr};
    JoinPieces(joined, members, group, size, target, shared);
    piece = index;
  }
}

template <typename T>
int Group(const DecodeAttentionArguments<T>& p) { return p.heads / p.kv_heads; }

/// Blocks of a head, together with the other heads one a multiprocessor: with the loads that its registers hold that suffices.
template <typename T>
cudaError_t Splits(const DecodeAttentionArguments<T>& p, int& splits) {
  Device device{};
  const cudaError_t error = CurrentDevice(device);
  const int wanted = std::min(device.multiprocessors / (p.batch * p.kv_heads), kMostSplits);
  const int useful = (p.capacity + kLeastKeysOfSplit - 1) / kLeastKeysOfSplit;
  splits = std::max(std::min(wanted, useful), 1);
  // Only GPUs of several hundred multiprocessors have more.
  if (p.batch * p.kv_heads * CountersOf(splits) > kDecodeCounters) splits = 1;
  return error;
}

template <typename T, int kKeyVectors>
cudaError_t LaunchDecode(const DecodeAttentionArguments<T>& p, int splits, cudaStream_t stream) {
  const size_t shared = sizeof(float) * static_cast<size_t>(SharedFloats(Group(p), p.head_size, (kKeyVectors + 1) / 2));
  const dim3 grid(static_cast<unsigned>(splits), static_cast<unsigned>(p.batch * p.kv_heads));
  return LaunchDependent(DecodeAttentionKernel<T, kKeyVectors>, grid, dim3(kThreads), shared, stream, p);
}

}  // namespace

bool DecodesAttention(int64_t heads, int64_t kv_heads, int64_t head_size) {
  return kv_heads > 0 && heads % kv_heads == 0 && heads / kv_heads >= 1 && heads / kv_heads <= kMostDecodeGroup && head_size > 0 &&
         head_size <= kLargestDecodeHead && head_size % kVector == 0;
}

template <typename T>
cudaError_t DecodeAttentionWorkspace(const DecodeAttentionArguments<T>& p, size_t& bytes) {
  int splits = 1;
  const cudaError_t error = Splits(p, splits);
  bytes = splits == 1 ? 0
                      : sizeof(float) * static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads) * static_cast<size_t>(PiecesOf(splits)) *
                            static_cast<size_t>(PieceStride(Group(p), p.head_size));
  return error;
}

template <typename T>
cudaError_t DecodeAttention(const DecodeAttentionArguments<T>& p, cudaStream_t stream) {
  constexpr size_t kVectorBytes = 16;
  constexpr int kMostHeads = 65535;
  if (!DecodesAttention(p.heads, p.kv_heads, p.head_size) || p.batch < 1 || p.capacity < 1 || p.batch > kMostHeads / p.kv_heads ||
      !RowsAligned(p.present_key, p.head_size, kVectorBytes) || !RowsAligned(p.present_value, p.head_size, kVectorBytes)) {
    return cudaErrorInvalidValue;
  }
  int splits = 1;
  cudaError_t error = Splits(p, splits);
  if (error != cudaSuccess) return error;
  const size_t bytes = sizeof(T) * static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads) * static_cast<size_t>(p.capacity) *
                       static_cast<size_t>(p.head_size);
  if (p.past_key != p.present_key) error = cudaMemcpyAsync(p.present_key, p.past_key, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  if (p.past_value != p.present_value) error = cudaMemcpyAsync(p.present_value, p.past_value, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  switch ((p.head_size + kKeyChannels - 1) / kKeyChannels) {
    case 1: return LaunchDecode<T, 1>(p, splits, stream);
    case 2: return LaunchDecode<T, 2>(p, splits, stream);
    case 3: return LaunchDecode<T, 3>(p, splits, stream);
    default: return LaunchDecode<T, 4>(p, splits, stream);
  }
}

template cudaError_t DecodeAttentionWorkspace<__half>(const DecodeAttentionArguments<__half>&, size_t&);
template cudaError_t DecodeAttentionWorkspace<__nv_bfloat16>(const DecodeAttentionArguments<__nv_bfloat16>&, size_t&);
template cudaError_t DecodeAttention<__half>(const DecodeAttentionArguments<__half>&, cudaStream_t);
template cudaError_t DecodeAttention<__nv_bfloat16>(const DecodeAttentionArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
