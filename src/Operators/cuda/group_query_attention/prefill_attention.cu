#include "group_query_attention/prefill_attention.h"

#include <algorithm>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"
#include "common/tensor_copies.cuh"
#include "common/tensor_map.h"
#include "group_query_attention/products.cuh"
#include "group_query_attention/rotary_append.h"

// A block has the queries of one head: four warps a 64 of them, and four that copy tiles of keys and values ahead. While one such group of
// warps computes exponentials, the products of the others run: J. Shah, G. Bikshandi, Y. Zhang, V. Thakkar, P. Ramani, T. Dao,
// "FlashAttention-3", arXiv 2407.08608.
namespace edgefleet::cuda {
namespace {

constexpr int kWarpgroup = 128;
constexpr int kGroupRows = 64;
constexpr int kKeys = 128;
constexpr int kRowBytes = 128;
constexpr int kPanelColumns = 64;
constexpr unsigned kAlignment = 1024;

template <int kHead>
struct Shape {
  static constexpr int kPanels = kHead / kPanelColumns;
  /// Groups of four warps that multiply.
  static constexpr int kGroups = kHead == 64 ? 3 : 2;
  static constexpr int kRows = kGroups * kGroupRows;
  static constexpr int kStages = 2;
  static constexpr int kThreads = (kGroups + 1) * kWarpgroup;

  struct Tiles {
    alignas(kAlignment) unsigned char queries[kPanels][kRows * kRowBytes];
    alignas(kAlignment) unsigned char keys[kStages][kPanels][kKeys * kRowBytes];
    alignas(kAlignment) unsigned char values[kStages][kPanels][kKeys * kRowBytes];
  };
};

struct Maps {
  CUtensorMap queries;
  CUtensorMap keys;
  CUtensorMap values;
};

template <typename T>
struct Problem {
  T* output;
  int tokens;
  int past;
  int heads;
  int kv_heads;
  int window;
  /// Of scores, for powers of two.
  float scale;
};

#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)

/// Of the warps that multiply and of those that copy: together what a multiprocessor has.
template <int kHead>
constexpr int kRegisters = Shape<kHead>::kGroups == 3 ? 160 : 240;
template <int kHead>
constexpr int kCopyRegisters = Shape<kHead>::kGroups == 3 ? 32 : 24;
template <int kHead>
constexpr unsigned kTileBytes = Shape<kHead>::kPanels * kKeys * kRowBytes;

/// The running softmax of a thread's two rows (S = Q K^T scaled to powers of two): M. Milakov, N. Gimelshein, arXiv 1805.02867.
struct Softmax {
  // Finite, so that a row that has seen no key yet keeps weights of 0.
  float top[2] = {-1e30f, -1e30f};
  float sum[2] = {0.0f, 0.0f};

  /// Makes weights of scores and returns in `correction` what former sums and outputs are to be multiplied by.
  __device__ __forceinline__ void Weigh(float (&s)[16][4], float scale, float (&correction)[2]) {
    float most[2][2] = {{s[0][0], s[0][1]}, {s[0][2], s[0][3]}};
#pragma unroll
    for (int i = 1; i < 16; ++i) {
#pragma unroll
      for (int r = 0; r < 2; ++r) {
        most[r][0] = fmaxf(most[r][0], s[i][2 * r]);
        most[r][1] = fmaxf(most[r][1], s[i][2 * r + 1]);
      }
    }
    float scaled[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float next = fmaxf(most[r][0], most[r][1]);
      next = fmaxf(next, __shfl_xor_sync(kFullWarp, next, 1));
      next = fmaxf(fmaxf(next, __shfl_xor_sync(kFullWarp, next, 2)), top[r]);
      correction[r] = ApproximateExp2((top[r] - next) * scale);
      top[r] = next;
      scaled[r] = next * scale;
    }
    float added[2][2] = {};
#pragma unroll
    for (int i = 0; i < 16; ++i) {
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        s[i][e] = ApproximateExp2(fmaf(s[i][e], scale, -scaled[e / 2]));
        added[e / 2][e % 2] += s[i][e];
      }
    }
#pragma unroll
    for (int r = 0; r < 2; ++r) sum[r] = fmaf(sum[r], correction[r], added[r][0] + added[r][1]);
  }
};

/// Four warps' part of a block: 64 queries.
template <typename T, int kHead>
class Rows {
  using S = Shape<kHead>;
  using Tiles = typename S::Tiles;

 public:
  __device__ __forceinline__ Rows(const Problem<T>& p, const Tiles& tiles, int group, int first_row)
      : p_(p), tiles_(tiles), group_(group), row_(first_row + static_cast<int>(threadIdx.x) % kWarpgroup / 32 * 16 + static_cast<int>(threadIdx.x) % 32 / 4) {}

  __device__ __forceinline__ void StartScoresOf(int stage) {
    BeginProducts();
#pragma unroll
    for (int k = 0; k < kHead / 16; ++k) {
      const int panel = k / 4;
      const int column = k % 4 * 32;
      StartScores<T>(scores_, RowsOperand(SharedAddress(tiles_.queries[panel] + group_ * kGroupRows * kRowBytes) + column),
                  RowsOperand(SharedAddress(tiles_.keys[stage][panel]) + column), k > 0);
    }
    CommitProducts();
  }

  __device__ __forceinline__ void StartOutputOf(int stage) {
    BeginProducts();
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
#pragma unroll
      for (int panel = 0; panel < S::kPanels; ++panel) {
        StartMultiplyAdd<T, 1>(output_ + 8 * panel, weights_[k], RowsOperand(SharedAddress(tiles_.values[stage][panel]) + k * 16 * kRowBytes), 1);
      }
    }
    CommitProducts();
  }

  template <int kPending>
  __device__ __forceinline__ void Wait() {
    WaitForGroups<kPending>();
    HoldRegisters(scores_);
    if constexpr (kPending == 0) HoldRegisters(output_);
  }

  /// Scores of keys that a query does not see become none.
  __device__ __forceinline__ void Mask(int first_key) {
    const int column = first_key + static_cast<int>(threadIdx.x) % 4 * 2;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int last = p_.past + row_ + 8 * r - column;
      const int first = p_.window > 0 ? last - p_.window + 1 : -kKeys;
#pragma unroll
      for (int i = 0; i < 16; ++i) {
#pragma unroll
        for (int e = 0; e < 2; ++e) {
          const int key = 8 * i + e;
          if (key > last || key < first) scores_[i][2 * r + e] = -INFINITY;
        }
      }
    }
  }

  __device__ __forceinline__ void Weigh() { softmax_.Weigh(scores_, p_.scale, correction_); }

  /// Weights as the operand of the next product; what is there of the output follows the new largest score.
  __device__ __forceinline__ void Turn() {
    if (__any_sync(kFullWarp, correction_[0] != 1.0f || correction_[1] != 1.0f)) {
#pragma unroll
      for (int i = 0; i < 8 * S::kPanels; ++i) {
#pragma unroll
        for (int e = 0; e < 4; ++e) output_[i][e] *= correction_[e / 2];
      }
    }
    Pack();
  }

  __device__ __forceinline__ void Pack() {
#pragma unroll
    for (int k = 0; k < kKeys / 16; ++k) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        weights_[k][2 * half] = cuda::Pack<T>(scores_[2 * k + half][0], scores_[2 * k + half][1]);
        weights_[k][2 * half + 1] = cuda::Pack<T>(scores_[2 * k + half][2], scores_[2 * k + half][3]);
      }
    }
  }

  __device__ __forceinline__ void Store(int sequence, int head) {
    float inverse[2];
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      float sum = softmax_.sum[r];
      sum += __shfl_xor_sync(kFullWarp, sum, 1);
      sum += __shfl_xor_sync(kFullWarp, sum, 2);
      inverse[r] = 1.0f / sum;
    }
    const int column = static_cast<int>(threadIdx.x) % 4 * 2;
#pragma unroll
    for (int r = 0; r < 2; ++r) {
      const int row = row_ + 8 * r;
      if (row >= p_.tokens) continue;
      T* to = p_.output + ((static_cast<int64_t>(sequence) * p_.tokens + row) * p_.heads + head) * kHead + column;
#pragma unroll
      for (int i = 0; i < 8 * S::kPanels; ++i) {
        const uint32_t pair = cuda::Pack<T>(output_[i][2 * r] * inverse[r], output_[i][2 * r + 1] * inverse[r]);
        *reinterpret_cast<uint32_t*>(to + 8 * i) = pair;
      }
    }
  }

 private:
  const Problem<T>& p_;
  const Tiles& tiles_;
  int group_;
  int row_;
  float scores_[16][4];
  float output_[8 * S::kPanels][4] = {};
  uint32_t weights_[kKeys / 16][4];
  float correction_[2];
  Softmax softmax_;
};

__device__ __forceinline__ void ArriveAtNamed(int index) { asm volatile("bar.arrive %0, %1;" ::"r"(index), "n"(2 * kWarpgroup) : "memory"); }

/// Takes turns between the groups that multiply: one starts its products when the one before has started its own.
template <int kGroups>
struct Turns {
  static constexpr int kFirst = 1;
  int group;

  __device__ __forceinline__ void Open() const {
    if (group == kGroups - 1) ArriveAtNamed(kFirst);
  }
  __device__ __forceinline__ void Take() const { NamedBarrier<2 * kWarpgroup>(kFirst + group); }
  __device__ __forceinline__ void Give() const { ArriveAtNamed(kFirst + (group + 1 == kGroups ? 0 : group + 1)); }
};

#endif

template <typename T, int kHead>
__global__ void __launch_bounds__(Shape<kHead>::kThreads, 1)
    PrefillAttentionKernel(const __grid_constant__ Maps maps, const Problem<T> p) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  using S = Shape<kHead>;
  // Their memory tells the launch that this code is here (`IsCompiled`).
  __shared__ CopyBarrier queries_full;
  __shared__ CopyBarrier keys_full[S::kStages];
  __shared__ CopyBarrier values_full[S::kStages];
  __shared__ CopyBarrier keys_free[S::kStages];
  __shared__ CopyBarrier values_free[S::kStages];
  unsigned char* shared = DynamicShared();
  auto& tiles = *reinterpret_cast<typename S::Tiles*>(shared + (kAlignment - SharedAddress(shared) % kAlignment) % kAlignment);

  const int head = static_cast<int>(blockIdx.x);
  const int sequence = static_cast<int>(blockIdx.z);
  const int query_plane = sequence * p.heads + head;
  const int key_plane = sequence * p.kv_heads + head / (p.heads / p.kv_heads);
  // The blocks with most keys first.
  const int first_row = static_cast<int>(gridDim.y - 1 - blockIdx.y) * S::kRows;
  const int last_row = min(first_row + S::kRows, p.tokens) - 1;
  const int first_tile = p.window > 0 ? max(0, p.past + first_row - p.window + 1) / kKeys : 0;
  const int end_tile = (p.past + last_row) / kKeys + 1;

  if (threadIdx.x == 0) {
    queries_full.Initialize(1);
    for (int i = 0; i < S::kStages; ++i) {
      keys_full[i].Initialize(1);
      values_full[i].Initialize(1);
      keys_free[i].Initialize(S::kGroups);
      values_free[i].Initialize(S::kGroups);
    }
    PublishBarriers();
  }
  __syncthreads();
  const int warpgroup = static_cast<int>(threadIdx.x) / kWarpgroup;

  if (warpgroup == 0) {
    LowerRegisters<kCopyRegisters<kHead>>();
    if (threadIdx.x == 0) {
      queries_full.ArriveExpecting(S::kPanels * S::kRows * kRowBytes);
#pragma unroll
      for (int panel = 0; panel < S::kPanels; ++panel) {
        CopyBox(tiles.queries[panel], maps.queries, panel * kPanelColumns, first_row, query_plane, queries_full);
      }
      int stage = 0;
      unsigned parity = 1;
      for (int tile = first_tile; tile < end_tile; ++tile) {
        keys_free[stage].Wait(parity);
        keys_full[stage].ArriveExpecting(kTileBytes<kHead>);
#pragma unroll
        for (int panel = 0; panel < S::kPanels; ++panel) {
          CopyBox(tiles.keys[stage][panel], maps.keys, panel * kPanelColumns, tile * kKeys, key_plane, keys_full[stage]);
        }
        values_free[stage].Wait(parity);
        values_full[stage].ArriveExpecting(kTileBytes<kHead>);
#pragma unroll
        for (int panel = 0; panel < S::kPanels; ++panel) {
          CopyBox(tiles.values[stage][panel], maps.values, panel * kPanelColumns, tile * kKeys, key_plane, values_full[stage]);
        }
        if (++stage == S::kStages) {
          stage = 0;
          parity ^= 1;
        }
      }
    }
  } else {
    RaiseRegisters<kRegisters<kHead>>();
    const int group = warpgroup - 1;
    const bool speaks = threadIdx.x % kWarpgroup == 0;
    const int group_row = first_row + group * kGroupRows;
    Rows<T, kHead> rows(p, tiles, group, group_row);
    const Turns<S::kGroups> turns{group};
    // Tiles that every query of the group sees whole lie between.
    const int first_whole = p.window > 0 ? (p.past + group_row + kGroupRows - p.window + kKeys - 1) / kKeys : 0;
    const int end_whole = (p.past + group_row + 1) / kKeys;
    const auto weigh = [&](int tile) {
      if (tile < first_whole || tile >= end_whole) rows.Mask(tile * kKeys);
      rows.Weigh();
    };

    queries_full.Wait(0);
    keys_full[0].Wait(0);
    turns.Open();
    turns.Take();
    rows.StartScoresOf(0);
    turns.Give();
    rows.template Wait<0>();
    if (speaks) keys_free[0].Arrive();
    weigh(first_tile);
    rows.Pack();
    int stage = 0;
    unsigned parity = 0;
    for (int tile = first_tile + 1; tile < end_tile; ++tile) {
      const int before = stage;
      const unsigned before_parity = parity;
      if (++stage == S::kStages) {
        stage = 0;
        parity ^= 1;
      }
      keys_full[stage].Wait(parity);
      turns.Take();
      rows.StartScoresOf(stage);
      values_full[before].Wait(before_parity);
      rows.StartOutputOf(before);
      turns.Give();
      rows.template Wait<1>();
      if (speaks) keys_free[stage].Arrive();
      weigh(tile);
      rows.template Wait<0>();
      if (speaks) values_free[before].Arrive();
      rows.Turn();
    }
    values_full[stage].Wait(parity);
    rows.StartOutputOf(stage);
    rows.template Wait<0>();
    rows.Store(sequence, head);
  }
#endif
}

/// Whether the kernel's code is for this device: other compilations have no barriers.
template <typename T, int kHead>
cudaError_t IsCompiled(bool& compiled) {
  cudaFuncAttributes attributes{};
  const cudaError_t error = cudaFuncGetAttributes(&attributes, PrefillAttentionKernel<T, kHead>);
  compiled = error == cudaSuccess && attributes.sharedSizeBytes > 0;
  return error;
}

template <typename T, int kHead>
cudaError_t LaunchPrefill(const PrefillAttentionArguments<T>& p, cudaStream_t stream) {
  using S = Shape<kHead>;
  Maps maps{};
  const int64_t total = p.past + p.tokens;
  const int64_t head_queries = static_cast<int64_t>(p.tokens) * kHead;
  const int64_t head_keys = static_cast<int64_t>(p.capacity) * kHead;
  const HalfTensor queries{p.workspace, kHead, p.tokens, static_cast<int64_t>(p.batch) * p.heads, kHead, head_queries, S::kRows};
  // Rows behind the last token need not be numbers: the copies make zeros of them.
  const HalfTensor keys{p.present_key, kHead, total, static_cast<int64_t>(p.batch) * p.kv_heads, kHead, head_keys, kKeys};
  HalfTensor values = keys;
  values.data = p.present_value;
  if (const cudaError_t error = DescribeTensor(queries, maps.queries); error != cudaSuccess) return error;
  if (const cudaError_t error = DescribeTensor(keys, maps.keys); error != cudaSuccess) return error;
  if (const cudaError_t error = DescribeTensor(values, maps.values); error != cudaSuccess) return error;
  const Problem<T> problem{p.output, p.tokens, p.past, p.heads, p.kv_heads, p.window, p.scale * kLog2E};
  const dim3 grid(static_cast<unsigned>(p.heads), static_cast<unsigned>((p.tokens + S::kRows - 1) / S::kRows),
                  static_cast<unsigned>(p.batch));
  return Launch(PrefillAttentionKernel<T, kHead>, grid, dim3(S::kThreads), sizeof(typename S::Tiles) + kAlignment, stream, maps, problem);
}

constexpr int kMaximumGrid = 65535;

}  // namespace

template <typename T>
cudaError_t PrefillsAttention(const PrefillAttentionArguments<T>& p, bool& prefills) {
  constexpr int kGranularity = 8;
  prefills = false;
  const bool fits = (p.head_size == 64 || p.head_size == 128) && p.kv_heads >= 1 && p.heads % p.kv_heads == 0 && p.batch >= 1 && p.batch <= kMaximumGrid &&
                    p.tokens >= 1 && p.tokens <= kMaximumGrid * Shape<128>::kRows && p.scale > 0.0f && p.rotary_half % kGranularity == 0 &&
                    RowsAligned(p.query, p.query_stride, 16) && RowsAligned(p.key, p.key_stride, 16) && RowsAligned(p.value, p.value_stride, 16);
  if (!fits) return cudaSuccess;
  return p.head_size == 64 ? IsCompiled<T, 64>(prefills) : IsCompiled<T, 128>(prefills);
}

template <typename T>
size_t PrefillAttentionWorkspace(const PrefillAttentionArguments<T>& p) {
  return static_cast<size_t>(p.batch) * static_cast<size_t>(p.tokens) * static_cast<size_t>(p.heads) * static_cast<size_t>(p.head_size) * sizeof(T);
}

template <typename T>
cudaError_t PrefillAttention(const PrefillAttentionArguments<T>& p, cudaStream_t stream) {
  if (p.past < 0 || p.tokens < 1 || p.past > p.capacity - p.tokens) return cudaErrorInvalidValue;
  if (const cudaError_t error = RotaryAppend(p, stream); error != cudaSuccess) return error;
  return p.head_size == 64 ? LaunchPrefill<T, 64>(p, stream) : LaunchPrefill<T, 128>(p, stream);
}

template cudaError_t PrefillsAttention<__half>(const PrefillAttentionArguments<__half>&, bool&);
template cudaError_t PrefillsAttention<__nv_bfloat16>(const PrefillAttentionArguments<__nv_bfloat16>&, bool&);
template size_t PrefillAttentionWorkspace<__half>(const PrefillAttentionArguments<__half>&);
template size_t PrefillAttentionWorkspace<__nv_bfloat16>(const PrefillAttentionArguments<__nv_bfloat16>&);
template cudaError_t PrefillAttention<__half>(const PrefillAttentionArguments<__half>&, cudaStream_t);
template cudaError_t PrefillAttention<__nv_bfloat16>(const PrefillAttentionArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
