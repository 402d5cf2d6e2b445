#include "attention/attention.h"

#include <algorithm>

#include "common/device.h"
#include "common/launch.cuh"
#include "common/primitives.cuh"

// Attention with online softmax: T. Dao, "FlashAttention-2", arXiv 2307.08691. Splits over keys that are joined afterwards: T. Dao,
// D. Haziza, F. Massa, G. Sizov, "Flash-Decoding for long-context inference" (2023).
namespace edgefleet::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kWarps = 4;
constexpr int kThreads = kWarps * kWarp;
// A row is one query head of one token; all heads that share a key/value head are rows of the same block.
constexpr int kRowsPerWarp = 4;
constexpr int kRows = kWarps * kRowsPerWarp;
// Keys of a tile: one a lane.
constexpr int kKeys = kWarp;
constexpr int kMaximumSplits = 64;
// A split shorter than this costs more to join than it saves.
constexpr int kLeastKeysOfSplit = 128;
constexpr float kNone = -INFINITY;

__device__ __forceinline__ float WarpSum(float value) {
#pragma unroll
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kFullWarp, value, distance);
  return value;
}

__device__ __forceinline__ float WarpMaximum(float value) {
#pragma unroll
  for (int distance = kWarp / 2; distance > 0; distance /= 2) value = fmaxf(value, __shfl_xor_sync(kFullWarp, value, distance));
  return value;
}

/// One head of one token before it is rotated: a warp finds the factor of its norm.
struct Head {
  const float* source;
  const float* norm;
  float factor;

  __device__ Head(const float* from, const float* weight, int size, float epsilon, float scale)
      : source(from), norm(weight), factor(scale) {
    if (weight == nullptr) return;
    float squares = 0.0f;
    for (int c = static_cast<int>(threadIdx.x) % kWarp; c < size; c += kWarp) squares = fmaf(from[c], from[c], squares);
    factor *= 1.0f / sqrtf(WarpSum(squares) / static_cast<float>(size) + epsilon);
  }

  __device__ float At(int c) const { return source[c] * factor * (norm == nullptr ? 1.0f : norm[c]); }

  /// Channel `c` after the rotation of a position.
  __device__ float Rotated(const AttentionArguments& p, int64_t position, int c) const {
    const int half = p.rotary_half;
    if (p.cos == nullptr || c >= 2 * half) return At(c);
    const int i = p.rotary_interleaved ? c / 2 : c % half;
    const float cos = p.cos[position * half + i];
    const float sin = p.sin[position * half + i];
    const float x = At(p.rotary_interleaved ? 2 * i : i);
    const float y = At(p.rotary_interleaved ? 2 * i + 1 : half + i);
    const bool first = p.rotary_interleaved ? c % 2 == 0 : c < half;
    return first ? x * cos - y * sin : x * sin + y * cos;
  }
};

/// A warp writes one head of one new token to the cache.
__global__ void __launch_bounds__(kThreads) AttentionAppendKernel(const AttentionArguments p) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  if (item >= static_cast<int64_t>(p.batch) * p.tokens * p.kv_heads) return;
  const int head = static_cast<int>(item % p.kv_heads);
  const int64_t row = item / p.kv_heads;
  const int64_t position = *p.past_length + row % p.tokens;
  if (position < 0 || position >= p.capacity) return;
  const int size = p.head_size;
  const Head key(p.key + row * p.key_stride + static_cast<int64_t>(head) * size, p.key_norm, size, p.norm_epsilon, 1.0f);
  const float* value = p.value + row * p.value_stride + static_cast<int64_t>(head) * size;
  const int64_t at = ((row / p.tokens * p.kv_heads + head) * p.capacity + position) * size;
  for (int c = lane; c < size; c += kWarp) {
    p.present_key[at + c] = key.Rotated(p, position, c);
    p.present_value[at + c] = value[c];
  }
}

/// Heads in shared memory are padded so that 8 lanes' 16-byte accesses to as many rows fall into different banks.
__host__ __device__ inline int PaddedHead(int size) { return (size + 7) / 8 * 8; }
__host__ __device__ inline int KeyStride(int size) { return PaddedHead(size) + 4; }

size_t SharedBytes(int size) {
  return sizeof(float) * static_cast<size_t>(kKeys * KeyStride(size) + kKeys * PaddedHead(size) + kRows * PaddedHead(size));
}

/// What a split leaves of a row: the sum of weighted values, the greatest score and the weights' sum.
__host__ __device__ inline int64_t PartialStride(int size) { return size + 2; }

/// kDims: channels of a head that a lane holds.
template <int kDims>
__global__ void __launch_bounds__(kThreads) AttentionKernel(const AttentionArguments p) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int size = p.head_size;
  const int padded = PaddedHead(size);
  const int key_stride = KeyStride(size);
  float* keys = reinterpret_cast<float*>(DynamicShared());
  float* values = keys + kKeys * key_stride;
  float* queries = values + kKeys * padded;

  const int head = static_cast<int>(blockIdx.y) % p.kv_heads;
  const int64_t sequence = static_cast<int>(blockIdx.y) / p.kv_heads;
  const int group = p.heads / p.kv_heads;
  const int rows = p.tokens * group;
  const int first_row = static_cast<int>(blockIdx.x) * kRows;
  const int64_t past = *p.past_length;

  int limit[kRowsPerWarp];  // keys of a row end before this one
#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    const int row = first_row + warp * kRowsPerWarp + r;
    float* query = queries + (warp * kRowsPerWarp + r) * padded;
    limit[r] = 0;
    if (row < rows) {
      const int token = row / group;
      limit[r] = static_cast<int>(past) + token + 1;
      const int64_t channel = static_cast<int64_t>(head * group + row % group) * size;
      const Head source(p.query + (sequence * p.tokens + token) * p.query_stride + channel, p.query_norm, size, p.norm_epsilon, p.scale);
      for (int c = lane; c < padded; c += kWarp) query[c] = c < size ? source.Rotated(p, past + token, c) : 0.0f;
    } else {
      for (int c = lane; c < padded; c += kWarp) query[c] = 0.0f;
    }
  }

  const int first_token = first_row / group;
  const int last_token = (min(first_row + kRows, rows) - 1) / group;
  const int end = min(static_cast<int>(past) + last_token + 1, p.capacity);
  const int begin = p.window > 0 ? max(0, static_cast<int>(past) + first_token + 1 - p.window) : 0;
  const int first_tile = begin / kKeys;
  const int tiles = (end + kKeys - 1) / kKeys - first_tile;
  const int splits = static_cast<int>(gridDim.z);
  const int tiles_of_split = (tiles + splits - 1) / splits;
  const int tile_begin = first_tile + static_cast<int>(blockIdx.z) * tiles_of_split;
  const int tile_end = min(first_tile + tiles, tile_begin + tiles_of_split);

  float maximum[kRowsPerWarp];
  float weight[kRowsPerWarp];
  float sum[kRowsPerWarp][kDims];
#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    maximum[r] = kNone;
    weight[r] = 0.0f;
#pragma unroll
    for (int i = 0; i < kDims; ++i) sum[r][i] = 0.0f;
  }

  const int64_t cache = (sequence * p.kv_heads + head) * p.capacity;
  for (int tile = tile_begin; tile < tile_end; ++tile) {
    __syncthreads();
    for (int k = warp; k < kKeys; k += kWarps) {
      const int position = tile * kKeys + k;
      const int64_t at = (cache + position) * size;
      for (int c = lane; c < padded; c += kWarp) {
        const bool valid = position < end && c < size;
        keys[k * key_stride + c] = valid ? p.present_key[at + c] : 0.0f;
        values[k * padded + c] = valid ? p.present_value[at + c] : 0.0f;
      }
    }
    __syncthreads();

    float score[kRowsPerWarp] = {};
    for (int c = 0; c < padded; c += 4) {
      const float4 k = *reinterpret_cast<const float4*>(keys + lane * key_stride + c);
#pragma unroll
      for (int r = 0; r < kRowsPerWarp; ++r) {
        const float4 q = *reinterpret_cast<const float4*>(queries + (warp * kRowsPerWarp + r) * padded + c);
        score[r] = fmaf(q.x, k.x, fmaf(q.y, k.y, fmaf(q.z, k.z, fmaf(q.w, k.w, score[r]))));
      }
    }
    const int position = tile * kKeys + lane;
#pragma unroll
    for (int r = 0; r < kRowsPerWarp; ++r) {
      const bool seen = position < limit[r] && position < end && (p.window == 0 || position >= limit[r] - p.window);
      const float greatest = fmaxf(maximum[r], WarpMaximum(seen ? score[r] : kNone));
      score[r] = seen ? expf(score[r] - greatest) : 0.0f;
      const float shrink = maximum[r] == kNone ? 0.0f : expf(maximum[r] - greatest);
      weight[r] = weight[r] * shrink + WarpSum(score[r]);
      maximum[r] = greatest;
#pragma unroll
      for (int i = 0; i < kDims; ++i) sum[r][i] *= shrink;
    }
#pragma unroll 4
    for (int k = 0; k < kKeys; ++k) {
      float value[kDims];
#pragma unroll
      for (int i = 0; i < kDims; ++i) value[i] = i * kWarp + lane < size ? values[k * padded + i * kWarp + lane] : 0.0f;
#pragma unroll
      for (int r = 0; r < kRowsPerWarp; ++r) {
        const float share = __shfl_sync(kFullWarp, score[r], k);
#pragma unroll
        for (int i = 0; i < kDims; ++i) sum[r][i] = fmaf(share, value[i], sum[r][i]);
      }
    }
  }

#pragma unroll
  for (int r = 0; r < kRowsPerWarp; ++r) {
    const int row = first_row + warp * kRowsPerWarp + r;
    if (row >= rows) continue;
    if (splits == 1) {
      const int64_t out = ((sequence * p.tokens + row / group) * p.heads + head * group + row % group) * static_cast<int64_t>(size);
      const float scale = weight[r] > 0.0f ? 1.0f / weight[r] : 0.0f;
#pragma unroll
      for (int i = 0; i < kDims; ++i) {
        if (i * kWarp + lane < size) p.output[out + i * kWarp + lane] = sum[r][i] * scale;
      }
      continue;
    }
    float* partial = p.workspace + ((static_cast<int64_t>(blockIdx.y) * rows + row) * splits + blockIdx.z) * PartialStride(size);
#pragma unroll
    for (int i = 0; i < kDims; ++i) {
      if (i * kWarp + lane < size) partial[i * kWarp + lane] = sum[r][i];
    }
    if (lane == 0) {
      partial[size] = maximum[r];
      partial[size + 1] = weight[r];
    }
  }
}

/// A warp joins the splits of one row.
__global__ void __launch_bounds__(kThreads) AttentionJoinKernel(const AttentionArguments p, int splits) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int group = p.heads / p.kv_heads;
  const int rows = p.tokens * group;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  if (item >= static_cast<int64_t>(p.batch) * p.kv_heads * rows) return;
  const int size = p.head_size;
  const int64_t stride = PartialStride(size);
  const float* partial = p.workspace + item * splits * stride;
  float greatest = kNone;
  for (int s = lane; s < splits; s += kWarp) greatest = fmaxf(greatest, partial[s * stride + size]);
  greatest = WarpMaximum(greatest);
  float weight = 0.0f;
  for (int s = lane; s < splits; s += kWarp) {
    const float of_split = partial[s * stride + size];
    if (of_split != kNone) weight += partial[s * stride + size + 1] * expf(of_split - greatest);
  }
  weight = WarpSum(weight);
  const int row = static_cast<int>(item % rows);
  const int head = static_cast<int>(item / rows % p.kv_heads);
  const int64_t sequence = item / rows / p.kv_heads;
  float* out = p.output + ((sequence * p.tokens + row / group) * p.heads + head * group + row % group) * static_cast<int64_t>(size);
  for (int c = lane; c < size; c += kWarp) {
    float sum = 0.0f;
    for (int s = 0; s < splits; ++s) {
      const float of_split = partial[s * stride + size];
      if (of_split != kNone) sum = fmaf(partial[s * stride + c], expf(of_split - greatest), sum);
    }
    out[c] = weight > 0.0f ? sum / weight : 0.0f;
  }
}

int64_t RowBlocks(const AttentionArguments& p) {
  return (static_cast<int64_t>(p.tokens) * (p.heads / p.kv_heads) + kRows - 1) / kRows;
}

/// Pieces that the keys are cut into where the rows alone would leave multiprocessors idle.
cudaError_t Splits(const AttentionArguments& p, int& splits) {
  Device device{};
  const cudaError_t error = CurrentDevice(device);
  const int64_t blocks = RowBlocks(p) * p.batch * p.kv_heads;
  const int64_t wanted = 2 * static_cast<int64_t>(device.multiprocessors) / std::max<int64_t>(blocks, 1);
  const int64_t useful = (p.capacity + kLeastKeysOfSplit - 1) / kLeastKeysOfSplit;
  splits = static_cast<int>(std::clamp<int64_t>(std::min(wanted, useful), 1, kMaximumSplits));
  return error;
}

template <int kDims>
cudaError_t LaunchAttention(const AttentionArguments& p, int splits, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(RowBlocks(p)), static_cast<unsigned>(p.batch * p.kv_heads), static_cast<unsigned>(splits));
  return Launch(AttentionKernel<kDims>, grid, dim3(kThreads), SharedBytes(p.head_size), stream, p);
}

unsigned WarpBlocks(int64_t items) { return static_cast<unsigned>((items + kWarps - 1) / kWarps); }

}  // namespace

cudaError_t AttentionWorkspace(const AttentionArguments& p, size_t& bytes) {
  int splits = 1;
  const cudaError_t error = Splits(p, splits);
  const size_t rows = static_cast<size_t>(p.batch) * static_cast<size_t>(p.tokens) * static_cast<size_t>(p.heads);
  bytes = splits == 1 ? 0 : sizeof(float) * rows * static_cast<size_t>(splits) * static_cast<size_t>(PartialStride(p.head_size));
  return error;
}

cudaError_t Attention(const AttentionArguments& p, cudaStream_t stream) {
  constexpr int64_t kMaximumGridY = 65535;
  const int64_t items = static_cast<int64_t>(p.batch) * p.tokens * p.kv_heads;
  const int64_t rows = static_cast<int64_t>(p.batch) * p.tokens * p.heads;
  if (p.head_size < 1 || p.head_size > kMaximumHeadSize || items < 1 || rows > INT32_MAX ||
      static_cast<int64_t>(p.batch) * p.kv_heads > kMaximumGridY) {
    return cudaErrorInvalidValue;
  }
  int splits = 1;
  cudaError_t error = Splits(p, splits);
  if (error != cudaSuccess) return error;
  const size_t bytes = sizeof(float) * static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads) * static_cast<size_t>(p.capacity) *
                       static_cast<size_t>(p.head_size);
  if (p.past_key != p.present_key) error = cudaMemcpyAsync(p.present_key, p.past_key, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  if (p.past_value != p.present_value) error = cudaMemcpyAsync(p.present_value, p.past_value, bytes, cudaMemcpyDeviceToDevice, stream);
  if (error != cudaSuccess) return error;
  error = Launch(AttentionAppendKernel, dim3(WarpBlocks(items)), dim3(kThreads), 0, stream, p);
  if (error != cudaSuccess) return error;
  const int dims = (p.head_size + kWarp - 1) / kWarp;
  error = dims <= 1   ? LaunchAttention<1>(p, splits, stream)
          : dims <= 2 ? LaunchAttention<2>(p, splits, stream)
          : dims <= 4 ? LaunchAttention<4>(p, splits, stream)
                      : LaunchAttention<8>(p, splits, stream);
  if (error != cudaSuccess || splits == 1) return error;
  return Launch(AttentionJoinKernel, dim3(WarpBlocks(rows)), dim3(kThreads), 0, stream, p, splits);
}

}  // namespace edgefleet::cuda
