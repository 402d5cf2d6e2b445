// Products of up to eight rows with a matrix on the tensor cores, bound by reading the matrix once. A lane holds whole blocks of 32 weights of one
// column, which become an operand as they are, since the order of a product's depth is free.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/primitives.cuh"

namespace edgefleet::cuda {

/// Rows of a product that one register of an operand holds.
inline constexpr int64_t kMostTensorRows = 8;
/// Weights of a lane at a time.
inline constexpr int kWeightBlock = 32;

/// The order of a block's inputs in an operand.
enum class PairOrder {
  /// (0, 1), (2, 3) and so on.
  kNeighbours,
  /// (e, e + 4), (e + 1, e + 5) with e = 0, 2, 8, 10 and so on: as 4-bit weights come out of their words.
  kFourApart,
};

/// A lane's block of weights from where it lies, aligned to 16 bytes.
template <int kWords>
__device__ __forceinline__ void LoadWords(uint32_t (&words)[kWords], const unsigned char* from) {
#pragma unroll
  for (int v = 0; v < kWords / 4; ++v) *reinterpret_cast<uint4*>(words + 4 * v) = reinterpret_cast<const uint4*>(from)[v];
}

/// What a launch takes; pointers are to device memory. `Weights` tells how the matrix is stored: its `Block` is what a lane holds in registers.
template <typename T, typename Weights>
struct TensorProduct {
  /// Rows `x_stride` elements apart, aligned to 16 bytes.
  const T* x;
  int64_t x_stride;
  Weights weights;
  /// [columns]; may be null.
  const T* bias;
  /// [rows, columns].
  T* y;
  int64_t rows;
  int columns;
  /// Of kWeightBlock weights: the depth.
  int blocks;
  /// Whether no earlier work of the stream writes the weights, so that they may be fetched before that has ended.
  bool constant_weight;
};

namespace tensor_product {

inline constexpr int kWarp = 32;
inline constexpr int kWarps = 8;
inline constexpr int kThreads = kWarp * kWarps;
/// Columns, and rows, of a warp.
inline constexpr int kTile = 8;
/// Blocks of a column that a warp's lanes hold at a time.
inline constexpr int kStepBlocks = 4;
/// Bytes of a line of the second-level cache.
inline constexpr int kLine = 128;
/// Warps that a multiprocessor should have before a column's depth is no longer shared.
inline constexpr int kWarpsToFill = 16;

/// A lane's 32 inputs of one row.
template <PairOrder kOrder>
struct Inputs {
  uint32_t pairs[kWeightBlock / 2];

  template <typename T>
  __device__ __forceinline__ void Load(const T* x) {
#pragma unroll
    for (int v = 0; v < 4; ++v) {
      const uint4 loaded = *reinterpret_cast<const uint4*>(x + 8 * v);
      if constexpr (kOrder == PairOrder::kFourApart) {
        pairs[4 * v] = __byte_perm(loaded.x, loaded.z, 0x5410);
        pairs[4 * v + 1] = __byte_perm(loaded.x, loaded.z, 0x7632);
        pairs[4 * v + 2] = __byte_perm(loaded.y, loaded.w, 0x5410);
        pairs[4 * v + 3] = __byte_perm(loaded.y, loaded.w, 0x7632);
      } else {
        pairs[4 * v] = loaded.x;
        pairs[4 * v + 1] = loaded.y;
        pairs[4 * v + 2] = loaded.z;
        pairs[4 * v + 3] = loaded.w;
      }
    }
  }
};

/// kSplit warps share the depth of eight columns. Constant weights are fetched before the kernel waits for what makes x: the first to registers,
/// the rest to the second-level cache.
template <typename T, typename Weights, int kSplit>
__global__ void __launch_bounds__(kThreads) LinearTensorKernel(const TensorProduct<T, Weights> p) {
  using Block = typename Weights::Block;
  constexpr int kAhead = Weights::kAhead;
  __shared__ float parts[kSplit == 1 ? 1 : kWarps][kTile * kTile];
  LetDependentsStart();
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int part = warp % kSplit;
  const int row = lane / 4;
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * (kWarps / kSplit) + warp / kSplit) * kTile;
  if (kSplit == 1 && first >= p.columns) return;
  const int64_t column = first + row < p.columns ? first + row : 0;

  // A step of a warp is kStepBlocks blocks; the warps of a split take steps in turn.
  constexpr int kStride = kSplit * kStepBlocks;
  const int begin = part * kStepBlocks + lane % 4;
  Block ahead[kAhead];
  const auto fetch = [&](Block& block, int at) {
    if (at < p.blocks) block = p.weights.Load(column, at, p.blocks);
  };
  if (!p.constant_weight) WaitForPrerequisites();
#pragma unroll
  for (int i = 0; i < kAhead; ++i) fetch(ahead[i], begin + i * kStride);
  const unsigned char* bytes = p.weights.Row(column, p.blocks);
  for (int at = kAhead * kStride * Weights::kBlockBytes + begin * kLine; at < p.blocks * Weights::kBlockBytes; at += kStride * kLine) {
    PrefetchToL2(bytes + at);
  }
  WaitForPrerequisites();

  // Two sums, so that a product need not wait for the one before.
  float sum[2][4] = {};
  const T* x = p.x + row * p.x_stride;
  for (int base = begin; base < p.blocks + lane % 4; base += kAhead * kStride) {
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const int at = base + i * kStride;
      // The warp goes on together: a lane without a block multiplies zeros.
      if (at - lane % 4 >= p.blocks) break;
      const bool there = at < p.blocks;
      Inputs<Weights::kOrder> inputs{};
      if (there && row < p.rows) inputs.Load(x + at * kWeightBlock);
      Block block{};
      if (there) block = ahead[i];
      fetch(ahead[i], at + kAhead * kStride);
#pragma unroll
      for (int k = 0; k < kWeightBlock / 4; ++k) {
        uint32_t pairs[2];
        block.Pairs(k, pairs);
        const uint32_t a[4] = {inputs.pairs[2 * k], 0u, inputs.pairs[2 * k + 1], 0u};
        MultiplyAdd<T>(sum[k % 2], a, pairs[0], pairs[1]);
      }
    }
  }

  // A lane has columns 2 (lane % 4) and the next of its row.
  const float total[2] = {sum[0][0] + sum[1][0], sum[0][1] + sum[1][1]};
  const auto store = [&](int at, int64_t to, float value) {
    if (at >= p.rows || to >= p.columns) return;
    if (p.bias != nullptr) value += ToFloat(p.bias[to]);
    p.y[at * static_cast<int64_t>(p.columns) + to] = FromFloat<T>(value);
  };
  if constexpr (kSplit == 1) {
#pragma unroll
    for (int e = 0; e < 2; ++e) store(row, first + lane % 4 * 2 + e, total[e]);
  } else {
    *reinterpret_cast<float2*>(&parts[warp][row * kTile + lane % 4 * 2]) = make_float2(total[0], total[1]);
    __syncthreads();
    if (part != 0) return;
#pragma unroll
    for (int i = lane; i < kTile * kTile; i += kWarp) {
      float joined = 0.0f;
#pragma unroll
      for (int s = 0; s < kSplit; ++s) joined += parts[warp + s][i];
      store(i / kTile, first + i % kTile, joined);
    }
  }
}

template <typename T, typename Weights, int kSplit>
cudaError_t LaunchSplit(const TensorProduct<T, Weights>& p, cudaStream_t stream) {
  constexpr int kPerBlock = kWarps / kSplit * kTile;
  const dim3 grid(static_cast<unsigned>((p.columns + kPerBlock - 1) / kPerBlock));
  return LaunchDependent(LinearTensorKernel<T, Weights, kSplit>, grid, dim3(kThreads), 0, stream, p);
}

}  // namespace tensor_product

/// Starts y = x * weights^T + bias, summed in float32.
template <typename T, typename Weights>
cudaError_t LaunchTensorProduct(const TensorProduct<T, Weights>& p, cudaStream_t stream) {
  Device device{};
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  const int tiles = (p.columns + tensor_product::kTile - 1) / tensor_product::kTile;
  const int steps = (p.blocks + tensor_product::kStepBlocks - 1) / tensor_product::kStepBlocks;
  // As many warps to a column as fill the GPU, but no more than it has steps.
  int split = 1;
  while (split < tensor_product::kWarps && tiles * split < tensor_product::kWarpsToFill * device.multiprocessors && 2 * split <= steps) split *= 2;
  switch (split) {
    case 1: return tensor_product::LaunchSplit<T, Weights, 1>(p, stream);
    case 2: return tensor_product::LaunchSplit<T, Weights, 2>(p, stream);
    case 4: return tensor_product::LaunchSplit<T, Weights, 4>(p, stream);
    default: return tensor_product::LaunchSplit<T, Weights, 8>(p, stream);
  }
}

}  // namespace edgefleet::cuda
