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
/// Keys that a warp takes at a time: the depth of the product with the values.
constexpr int kTile = 16;
constexpr int kRows = kMostDecodeGroup;
/// Channels of a key that a quarter of a warp's lanes load in one 16-byte access each, and those of a value that an eighth does.
constexpr int kVector = 8;
constexpr int kKeyChannels = 4 * kVector;
constexpr int kValueChannels = 8 * kVector;
constexpr int kLine = 128;
constexpr float kNone = -INFINITY;
/// Splits whose statistics a lane holds while they are joined, and the most splits of a head.
constexpr int kSplitsOfLane = 8;
constexpr int kMostSplits = kSplitsOfLane * kWarp;

/// Warps of a block. Together they have 64 KB of loads under way, which hides the memory's latency: short heads need more warps, and
/// leave them more registers.
__host__ __device__ constexpr int Warps(int key_vectors) { return key_vectors <= 2 ? 16 : 8; }

/// A split gives each warp a tile at least.
__host__ __device__ constexpr int LeastKeysOfSplit(int warps) { return warps * kTile; }

/// Tiles of a warp up to which one block takes all keys of a head: joining several takes longer.
constexpr int kTilesOfOneBlock = 2;

/// The keys that a block reads, and how many blocks share the work of its head.
struct Range {
  /// Tokens in the cache behind this call, and the first that is seen.
  int total;
  int first;
  int begin;
  int end;
  int splits;

  __device__ Range(const DecodeAttentionArguments& p, int past, int warps) {
    total = min(max(past, 0), p.capacity - 1) + 1;
    first = p.window > 0 ? max(0, total - p.window) : 0;
    const int start = first / kTile * kTile;
    const int least = LeastKeysOfSplit(warps);
    const int blocks = total - start <= kTilesOfOneBlock * least ? 1 : static_cast<int>(gridDim.x);
    const int share = ((total - start + blocks - 1) / blocks + kTile - 1) / kTile * kTile;
    const int span = max(share, least);
    splits = (total - start + span - 1) / span;
    begin = min(start + static_cast<int>(blockIdx.x) * span, total);
    end = min(begin + span, total);
  }
};

/// The channel that `c` is rotated with; `c` itself where it is not rotated.
__device__ __forceinline__ int Partner(const DecodeAttentionArguments& p, int c) {
  const int half = p.rotary_half;
  return c < half ? c + half : c < 2 * half ? c - half : c;
}

/// Channel `c` of a head after the rotation of a position.
__device__ __forceinline__ __half Rotated(const DecodeAttentionArguments& p, __half own, __half partner, int position, int c) {
  const int half = p.rotary_half;
  if (c >= 2 * half) return own;
  const int64_t angle = static_cast<int64_t>(position) * half + (c < half ? c : c - half);
  const float turned = __half2float(partner) * __half2float(p.sin[angle]);
  return __float2half_rn(fmaf(__half2float(own), __half2float(p.cos[angle]), c < half ? -turned : turned));
}

/// Word `i` of four; `i` is known to the compiler, so that it is a register.
__device__ __forceinline__ uint32_t Word(const uint4& x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : x.w; }

__device__ __forceinline__ uint32_t Pack(float low, float high) {
  const __half2 pair = __floats2half2_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

/// What is read of `kTile` keys and values. Lane l holds channels of keys l / 4 and l / 4 + 8, and of values 2 (l % 4) + {0, 1, 8, 9}: as an
/// operand wants them, because the order of a product's depth and of its columns is free.
template <int kKeyVectors, int kValueVectors>
struct Tile {
  uint4 key[2][kKeyVectors];
  uint4 value[4][kValueVectors];

  __device__ __forceinline__ void Load(const __half* keys, const __half* values, int size, int first, int end, int lane) {
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
  __device__ __forceinline__ void Insert(const __half* fresh_key, const __half* fresh_value, int size, int first, int at, int lane) {
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
template <int kKeyVectors, int kValueVectors>
struct Sums {
  float greatest[2] = {kNone, kNone};
  float weight[2] = {};
  float sum[kValueVectors][kVector][4] = {};

  /// `first_seen` <= a key < `end` counts; scores are in units of log2.
  __device__ __forceinline__ void Add(const Tile<kKeyVectors, kValueVectors>& tile, const uint4 (&query)[2][kKeyVectors], float scale, int first,
                                      int first_seen, int end, int lane) {
    float score[2][4] = {};
#pragma unroll
    for (int n = 0; n < 2; ++n) {
#pragma unroll
      for (int v = 0; v < kKeyVectors; ++v) {
        const uint4 k = tile.key[n][v];
        MultiplyAdd(score[n], {query[0][v].x, query[1][v].x, query[0][v].y, query[1][v].y}, k.x, k.y);
        MultiplyAdd(score[n], {query[0][v].z, query[1][v].z, query[0][v].w, query[1][v].w}, k.z, k.w);
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
    const uint32_t weights[4] = {Pack(score[0][0], score[0][1]), Pack(score[0][2], score[0][3]), Pack(score[1][0], score[1][1]),
                                 Pack(score[1][2], score[1][3])};
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
        MultiplyAdd(sum[v][c], weights, pair(0), pair(2));
      }
    }
  }
};

__device__ __forceinline__ float4 Scaled(float4 x, float factor) { return {x.x * factor, x.y * factor, x.z * factor, x.w * factor}; }
__device__ __forceinline__ float4 Sum(float4 x, float4 y) { return {x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w}; }

__device__ __forceinline__ void Store(__half* to, float4 x) {
  *reinterpret_cast<uint2*>(to) = {Pack(x.x, x.y), Pack(x.z, x.w)};
}

/// Floats that a split leaves: each row's sums of weighted values, then each row's greatest score, then each row's sum of weights.
__host__ __device__ inline int64_t PartialStride(int group, int size) { return static_cast<int64_t>(group) * size + (2 * group + 3) / 4 * 4; }

/// Floats of shared memory that a block needs for joining its warps, and later its head's splits.
int SharedFloats(int group, int size, int warps, int value_vectors, int splits) {
  const int sums = warps * group * (value_vectors * kValueChannels + 4) + 2 * warps * kRows;
  const int pieces = (group * (splits + 1) + 3) / 4 * 4 + 4 * std::max(warps * kWarp, group * size / 4);
  return std::max(sums, pieces);
}

/// What a split left, read from where all multiprocessors see it.
__device__ __forceinline__ float4 Partial(const float* partials, int64_t stride, int split, int vector) {
  return __ldcg(reinterpret_cast<const float4*>(partials + split * stride) + vector);
}

/// Counts a block of `last` + 1, whose counter goes back to 0 with the last of them: whether it is that one, which then sees what the others
/// have written.
__device__ __forceinline__ bool CountBlock(unsigned* counter, unsigned last) {
  unsigned before;
  asm volatile("atom.acq_rel.gpu.global.inc.u32 %0, [%1], %2;" : "=r"(before) : "l"(counter), "r"(last) : "memory");
  return before == last;
}

/// The last block of a head joins what its splits left, always in the same order.
template <int kWarps>
__device__ void JoinSplits(const DecodeAttentionArguments& p, const float* partials, int splits, int group, __half* output, float* shared) {
  constexpr int kThreads = kWarps * kWarp;
  // Vectors that a thread asks for at once, the first of them before it knows what they count for.
  constexpr int kAhead = 17;
  const int size = p.head_size;
  const int64_t stride = PartialStride(group, size);
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  float* shares = shared;                   // [group, splits]
  float* factor = shares + group * splits;  // [group]
  float4* pieces = reinterpret_cast<float4*>(shared + (group * (splits + 1) + 3) / 4 * 4);
  // Where a head has fewer vectors than the block threads, several threads share the splits of one.
  const int vectors = group * size / 4;
  const int parts = max(1, kThreads / vectors);
  const int items = vectors * parts;
  float4 ahead[kAhead];
  const auto load = [&](int item, int from) {
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const int split = from + i * parts;
      ahead[i] = item < items && split < splits ? Partial(partials, stride, split, item % vectors) : float4{};
    }
  };
  load(static_cast<int>(threadIdx.x), static_cast<int>(threadIdx.x) / vectors);
  for (int row = static_cast<int>(threadIdx.x) / kWarp; row < group; row += kWarps) {
    float greatest[kSplitsOfLane];
    float weight[kSplitsOfLane];
    float most = kNone;
#pragma unroll
    for (int i = 0; i < kSplitsOfLane; ++i) {
      const int split = i * kWarp + lane;
      const float* statistics = partials + split * stride + group * size + row;
      greatest[i] = split < splits ? __ldcg(statistics) : kNone;
      weight[i] = split < splits ? __ldcg(statistics + group) : 0.0f;
      most = fmaxf(most, greatest[i]);
    }
#pragma unroll
    for (int distance = kWarp / 2; distance > 0; distance /= 2) most = fmaxf(most, __shfl_xor_sync(kFullWarp, most, distance));
    float whole = 0.0f;
#pragma unroll
    for (int i = 0; i < kSplitsOfLane; ++i) {
      const int split = i * kWarp + lane;
      const float share = ApproximateExp2(greatest[i] - most);
      if (split < splits) shares[row * splits + split] = share;
      whole = fmaf(share, weight[i], whole);
    }
#pragma unroll
    for (int distance = kWarp / 2; distance > 0; distance /= 2) whole += __shfl_xor_sync(kFullWarp, whole, distance);
    if (lane == 0) factor[row] = 1.0f / whole;
  }
  __syncthreads();
  for (int item = static_cast<int>(threadIdx.x); item < items; item += kThreads) {
    const int vector = item % vectors;
    const float* share = shares + vector * 4 / size * splits;
    float4 sum{};
    for (int from = item / vectors; from < splits; from += kAhead * parts) {
      if (item != static_cast<int>(threadIdx.x) || from != item / vectors) load(item, from);
#pragma unroll
      for (int i = 0; i < kAhead; ++i) {
        const int split = from + i * parts;
        if (split < splits) sum = Sum(sum, Scaled(ahead[i], share[split]));
      }
    }
    pieces[item] = sum;
  }
  __syncthreads();
  for (int vector = static_cast<int>(threadIdx.x); vector < vectors; vector += kThreads) {
    float4 sum = pieces[vector];
    for (int part = 1; part < parts; ++part) sum = Sum(sum, pieces[part * vectors + vector]);
    Store(output + vector * 4, Scaled(sum, factor[vector * 4 / size]));
  }
}

/// kKeyVectors: 16-byte vectors of a key that a lane holds.
template <int kKeyVectors>
__global__ void __launch_bounds__(Warps(kKeyVectors) * kWarp, 1) DecodeAttentionKernel(const DecodeAttentionArguments p) {
  constexpr int kWarps = Warps(kKeyVectors);
  constexpr int kThreads = kWarps * kWarp;
  constexpr int kValueVectors = (kKeyVectors + 1) / 2;
  constexpr int kChannels = kKeyVectors * kKeyChannels;
  constexpr int kQueryStride = kChannels + kVector;
  constexpr int kSumStride = kValueVectors * kValueChannels + 4;
  constexpr int kItems = (kRows * kChannels + kThreads - 1) / kThreads;
  __shared__ __align__(16) __half queries[kRows * kQueryStride];
  __shared__ __align__(16) __half fresh_key[kChannels];
  __shared__ __align__(16) __half fresh_value[kChannels];
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
  __half* keys = p.present_key + cache;
  __half* values = p.present_value + cache;
  {
    // A length that earlier work is about to change does no harm here: what is fetched stays inside the cache, and second-level lines cannot
    // be stale.
    const Range guess(p, __ldcg(p.past_length + sequence), kWarps);
    const int64_t from = static_cast<int64_t>(guess.begin) * size * 2;
    const int64_t to = static_cast<int64_t>(guess.end) * size * 2;
    for (int64_t at = from + threadIdx.x * kLine; at < to; at += kThreads * kLine) {
      PrefetchToL2(reinterpret_cast<const char*>(keys) + at);
      PrefetchToL2(reinterpret_cast<const char*>(values) + at);
    }
  }
  WaitForPrerequisites();

  // What the length does not decide is asked for together with it, then the first keys and values together with the angles.
  const int past = __ldcg(p.past_length + sequence);
  const __half* query = p.query + sequence * p.query_stride + static_cast<int64_t>(head) * group * size;
  __half own[kItems];
  __half partner[kItems];
#pragma unroll
  for (int i = 0; i < kItems; ++i) {
    const int row = (i * kThreads + static_cast<int>(threadIdx.x)) / kChannels;
    const int c = (i * kThreads + static_cast<int>(threadIdx.x)) % kChannels;
    const bool valid = row < group && c < size;
    own[i] = valid ? query[row * size + c] : __float2half_rn(0.0f);
    partner[i] = valid ? query[row * size + Partner(p, c)] : __float2half_rn(0.0f);
  }
  const __half* key = p.key + sequence * p.key_stride + static_cast<int64_t>(head) * size;
  const int fresh = static_cast<int>(threadIdx.x);
  __half key_own{};
  __half key_partner{};
  __half value_own{};
  if (fresh < size) {
    key_own = key[fresh];
    key_partner = key[Partner(p, fresh)];
    value_own = p.value[sequence * p.value_stride + static_cast<int64_t>(head) * size + fresh];
  }
  const Range range(p, past, kWarps);
  if (range.begin >= range.end) return;
  // The new token's row is not read from the cache, where it arrives only now.
  const bool appends = range.end == range.total && past == range.total - 1;
  const int stored = appends ? past : range.end;
  Tile<kKeyVectors, kValueVectors> tile;
  int first = range.begin + warp * kTile;
  tile.Load(keys, values, size, first, stored, lane);
#pragma unroll
  for (int i = 0; i < kItems; ++i) {
    const int row = (i * kThreads + static_cast<int>(threadIdx.x)) / kChannels;
    const int c = (i * kThreads + static_cast<int>(threadIdx.x)) % kChannels;
    if (row < kRows) queries[row * kQueryStride + c] = Rotated(p, own[i], partner[i], range.total - 1, c);
  }
  if (appends && fresh < size) {
    const __half rotated = Rotated(p, key_own, key_partner, past, fresh);
    fresh_key[fresh] = rotated;
    fresh_value[fresh] = value_own;
    keys[static_cast<int64_t>(past) * size + fresh] = rotated;
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
  Sums<kKeyVectors, kValueVectors> sums;
  while (first < range.end) {
    if (appends && past - first < kTile) tile.Insert(fresh_key, fresh_value, size, first, past, lane);
    sums.Add(tile, rows, scale, first, range.first, range.end, lane);
    first += kWarps * kTile;
    tile.Load(keys, values, size, first, stored, lane);
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
  const bool alone = range.splits == 1;
  const int64_t stride = PartialStride(group, size);
  float* partials = p.workspace + static_cast<int64_t>(blockIdx.y) * gridDim.x * stride;
  float* partial = partials + blockIdx.x * stride;
  __half* output = p.output + (static_cast<int64_t>(sequence) * p.heads + head * group) * size;
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
    if (alone) {
      Store(output + vector * 4, Scaled(sum, 1.0f / whole));
    } else {
      *reinterpret_cast<float4*>(partial + vector * 4) = sum;
      if (c == 0) {
        partial[group * size + row] = most;
        partial[group * (size + 1) + row] = whole;
      }
    }
  }
  if (alone) return;
  __syncthreads();
  // One thread speaks for the block: the barriers before and behind it extend the order that its access makes to all threads.
  if (threadIdx.x == 0) is_last = CountBlock(p.counters + blockIdx.y, static_cast<unsigned>(range.splits) - 1);
  __syncthreads();
  if (!is_last) return;
  JoinSplits<kWarps>(p, partials, range.splits, group, output, shared);
}

int Group(const DecodeAttentionArguments& p) { return p.heads / p.kv_heads; }

int KeyVectors(const DecodeAttentionArguments& p) { return (p.head_size + kKeyChannels - 1) / kKeyChannels; }

/// Blocks of a head: together with the other heads one a multiprocessor.
cudaError_t Splits(const DecodeAttentionArguments& p, int& splits) {
  Device device{};
  const cudaError_t error = CurrentDevice(device);
  const int wanted = std::min(device.multiprocessors / (p.batch * p.kv_heads), kMostSplits);
  const int least = LeastKeysOfSplit(Warps(KeyVectors(p)));
  splits = std::max(std::min(wanted, (p.capacity + least - 1) / least), 1);
  return error;
}

template <int kKeyVectors>
cudaError_t LaunchDecode(const DecodeAttentionArguments& p, int splits, cudaStream_t stream) {
  constexpr int kWarps = Warps(kKeyVectors);
  const size_t shared = sizeof(float) * static_cast<size_t>(SharedFloats(Group(p), p.head_size, kWarps, (kKeyVectors + 1) / 2, splits));
  const dim3 grid(static_cast<unsigned>(splits), static_cast<unsigned>(p.batch * p.kv_heads));
  return LaunchDependent(DecodeAttentionKernel<kKeyVectors>, grid, dim3(kWarps * kWarp), shared, stream, p);
}

}  // namespace

bool DecodesAttention(int64_t heads, int64_t kv_heads, int64_t head_size) {
  return kv_heads > 0 && heads % kv_heads == 0 && heads / kv_heads >= 1 && heads / kv_heads <= kMostDecodeGroup && head_size > 0 &&
         head_size <= kLargestDecodeHead && head_size % kVector == 0;
}

cudaError_t DecodeAttentionWorkspace(const DecodeAttentionArguments& p, size_t& bytes) {
  int splits = 1;
  const cudaError_t error = Splits(p, splits);
  bytes = splits == 1 ? 0
                      : sizeof(float) * static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads) * static_cast<size_t>(splits) *
                            static_cast<size_t>(PartialStride(Group(p), p.head_size));
  return error;
}

cudaError_t DecodeAttention(const DecodeAttentionArguments& p, cudaStream_t stream) {
  constexpr size_t kVectorBytes = 16;
  if (!DecodesAttention(p.heads, p.kv_heads, p.head_size) || p.batch < 1 || p.capacity < 1 || p.batch > kMostDecodeHeads / p.kv_heads ||
      !RowsAligned(p.present_key, p.head_size, kVectorBytes) || !RowsAligned(p.present_value, p.head_size, kVectorBytes)) {
    return cudaErrorInvalidValue;
  }
  int splits = 1;
  cudaError_t error = Splits(p, splits);
  if (error != cudaSuccess) return error;
  const size_t bytes = sizeof(__half) * static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads) * static_cast<size_t>(p.capacity) *
                       static_cast<size_t>(p.head_size);
  if (p.past_key != p.present_key) error = cudaMemcpyAsync(p.present_key, p.past_key, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  if (p.past_value != p.present_value) error = cudaMemcpyAsync(p.present_value, p.past_value, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  switch (KeyVectors(p)) {
    case 1: return LaunchDecode<1>(p, splits, stream);
    case 2: return LaunchDecode<2>(p, splits, stream);
    case 3: return LaunchDecode<3>(p, splits, stream);
    default: return LaunchDecode<4>(p, splits, stream);
  }
}

}  // namespace edgefleet::cuda
