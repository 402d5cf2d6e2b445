#include "group_query_attention/rotary_append.h"

#include "common/element.cuh"
#include "common/launch.cuh"

// Rotation of halves: J. Su et al., "RoFormer", arXiv 2104.09864.
namespace edgefleet::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kVector = 8;

/// A row of one head of one token, read and written.
template <typename T>
struct HeadRow {
  const T* from;
  T* to;
};

/// Rotates 8 channels of the first half together with their partners. Rounded as the decode step's kernel does it.
template <typename T>
__device__ __forceinline__ void Rotate(const HeadRow<T>& row, const T* cos, const T* sin, int channel, int half) {
  const auto first = LoadVector<T, kVector>(row.from + channel);
  const auto second = LoadVector<T, kVector>(row.from + half + channel);
  const auto c = LoadVector<T, kVector>(cos + channel);
  const auto s = LoadVector<T, kVector>(sin + channel);
  float rotated[2][kVector];
#pragma unroll
  for (int i = 0; i < kVector; ++i) {
    const float a = ToFloat(first, i);
    const float b = ToFloat(second, i);
    const float cosine = ToFloat(c, i);
    const float sine = ToFloat(s, i);
    rotated[0][i] = fmaf(a, cosine, b * -sine);
    rotated[1][i] = fmaf(b, cosine, a * sine);
  }
  StoreVector<T, kVector>(row.to + channel, FromFloats<T>(rotated[0]));
  StoreVector<T, kVector>(row.to + half + channel, FromFloats<T>(rotated[1]));
}

/// Where the row of a head and position lies in a cache.
template <typename T>
__device__ __forceinline__ int64_t CacheRow(const PrefillAttentionArguments<T>& p, int64_t batch, int head, int64_t position) {
  return ((batch * p.kv_heads + head) * p.capacity + position) * p.head_size;
}

/// A thread an item: 8 pairs that are rotated or 8 channels that are copied, of a query's, key's or value's head. Items of a token are
/// neighbours; `head_items` of them belong to a head that is rotated, whose first `rotary_half` / 8 rotate.
template <typename T>
__global__ void __launch_bounds__(kThreads) RotaryAppendKernel(const PrefillAttentionArguments<T> p, const int items, const int head_items) {
  const int64_t at = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  const int64_t token = at / items;
  if (token >= static_cast<int64_t>(p.batch) * p.tokens) return;
  int item = static_cast<int>(at - token * items);
  const int64_t batch = token / p.tokens;
  const int64_t row = token - batch * p.tokens;
  const int64_t position = p.past + row;
  const int rotated_items = (p.heads + p.kv_heads) * head_items;
  if (item >= rotated_items) {
    item -= rotated_items;
    const int vectors = p.head_size / kVector;
    const int head = item / vectors;
    const int channel = (item - head * vectors) * kVector;
    StoreVector<T, kVector>(p.present_value + CacheRow(p, batch, head, position) + channel,
                                 LoadVector<T, kVector>(p.value + token * p.value_stride + head * p.head_size + channel));
    return;
  }
  int head = item / head_items;
  const int vector = item - head * head_items;
  HeadRow<T> rotated{};
  if (head < p.heads) {
    rotated = {p.query + token * p.query_stride + head * p.head_size, p.workspace + ((batch * p.heads + head) * p.tokens + row) * p.head_size};
  } else {
    head -= p.heads;
    rotated = {p.key + token * p.key_stride + head * p.head_size, p.present_key + CacheRow(p, batch, head, position)};
  }
  const int rotations = p.rotary_half / kVector;
  if (vector < rotations) {
    Rotate(rotated, p.cos + position * p.rotary_half, p.sin + position * p.rotary_half, vector * kVector, p.rotary_half);
  } else {
    const int channel = (vector + rotations) * kVector;
    StoreVector<T, kVector>(rotated.to + channel, LoadVector<T, kVector>(rotated.from + channel));
  }
}

template <typename T>
cudaError_t CopyPast(const PrefillAttentionArguments<T>& p, const T* past, T* present, cudaStream_t stream) {
  if (past == present || p.past == 0) return cudaSuccess;
  const size_t row = static_cast<size_t>(p.head_size) * sizeof(T);
  const size_t pitch = static_cast<size_t>(p.capacity) * row;
  return cudaMemcpy2DAsync(present, pitch, past, pitch, static_cast<size_t>(p.past) * row, static_cast<size_t>(p.batch) * static_cast<size_t>(p.kv_heads), cudaMemcpyDeviceToDevice, stream);
}

}  // namespace

template <typename T>
cudaError_t RotaryAppend(const PrefillAttentionArguments<T>& p, cudaStream_t stream) {
  if (const cudaError_t error = CopyPast(p, p.past_key, p.present_key, stream); error != cudaSuccess) return error;
  if (const cudaError_t error = CopyPast(p, p.past_value, p.present_value, stream); error != cudaSuccess) return error;
  const int head_items = (p.head_size - p.rotary_half) / kVector;
  const int items = (p.heads + p.kv_heads) * head_items + p.kv_heads * p.head_size / kVector;
  const int64_t blocks = (static_cast<int64_t>(p.batch) * p.tokens * items + kThreads - 1) / kThreads;
  if (blocks > INT32_MAX) return cudaErrorInvalidValue;
  return Launch(RotaryAppendKernel<T>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, stream, p, items, head_items);
}

template cudaError_t RotaryAppend<__half>(const PrefillAttentionArguments<__half>&, cudaStream_t);
template cudaError_t RotaryAppend<__nv_bfloat16>(const PrefillAttentionArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
