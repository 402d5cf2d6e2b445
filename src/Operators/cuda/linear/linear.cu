#include "linear/linear.h"

#include <algorithm>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/primitives.cuh"
#include "linear/tensor_product.cuh"

namespace edgefleet::cuda {
namespace {

constexpr int kWarp = 32;
constexpr int kWarps = 8;
constexpr int kThreads = kWarp * kWarps;
/// Wide loads of a weight row that a lane has under way: with enough warps, what hides the memory's latency.
constexpr int kAhead = 4;
/// Bytes of a line of the second-level cache.
constexpr int kLine = 128;
/// Warps that a multiprocessor should have: with more columns a warp takes two, with fewer several warps share one.
constexpr int kWarpsToFill = 16;

template <typename T>
__device__ __forceinline__ void Store(const LinearArguments<T>& p, int64_t row, int64_t column, float sum) {
  if (p.bias != nullptr) sum += ToFloat(p.bias[column]);
  p.y[row * p.columns + column] = FromFloat<T>(sum);
}

/// kSplit warps share the depth of kColumns neighbouring columns and compute them for all rows. Constant weights are fetched before the
/// kernel waits for what makes x: the first to registers, the rest to the second-level cache.
template <typename T, int kVector, int kColumns, int kSplit, int kRows>
__global__ void __launch_bounds__(kThreads) LinearKernel(const LinearArguments<T> p) {
  using Values = Vector<T, kVector>;
  constexpr int kLanes = kWarp * kSplit;
  constexpr int kStep = kLanes * kVector;
  __shared__ float parts[kSplit == 1 ? 1 : kWarps][kRows][kColumns];
  LetDependentsStart();
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int warp = static_cast<int>(threadIdx.x) / kWarp;
  const int64_t first = (static_cast<int64_t>(blockIdx.x) * (kWarps / kSplit) + threadIdx.x / kLanes) * kColumns;
  const bool active = first < p.columns;
  if (kSplit == 1 && !active) return;

  const T* weight[kColumns];
#pragma unroll
  for (int n = 0; n < kColumns; ++n) weight[n] = p.weight + (first + n < p.columns ? first + n : 0) * p.depth + lane * kVector;

  Values ahead[kAhead][kColumns];
  const auto load = [&](int base) {
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      if (base + i * kStep + lane * kVector < p.depth) {
#pragma unroll
        for (int n = 0; n < kColumns; ++n) ahead[i][n] = LoadVector<T, kVector>(weight[n] + base + i * kStep);
      }
    }
  };

  float sum[kRows][kColumns] = {};
  if (!p.constant_weight) WaitForPrerequisites();
  load(0);
#pragma unroll
  for (int n = 0; n < kColumns; ++n) {
    const char* row = reinterpret_cast<const char*>(weight[n] - lane * kVector);
    for (int64_t at = static_cast<int64_t>(kAhead) * kStep * sizeof(T) + lane * kLine; at < static_cast<int64_t>(p.depth) * sizeof(T);
         at += kLanes * kLine) {
      PrefetchToL2(row + at);
    }
  }
  WaitForPrerequisites();
  for (int base = 0; base < p.depth; base += kAhead * kStep) {
    if (base > 0) load(base);
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const int at = base + i * kStep + lane * kVector;
      if (at >= p.depth) break;
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        if (r >= p.rows) break;
        const Values x = LoadVector<T, kVector>(p.x + r * p.x_stride + at);
#pragma unroll
        for (int n = 0; n < kColumns; ++n) {
#pragma unroll
          for (int v = 0; v < kVector; ++v) sum[r][n] = fmaf(ToFloat(x, v), ToFloat(ahead[i][n], v), sum[r][n]);
        }
      }
    }
  }

#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    if (r >= p.rows) break;
#pragma unroll
    for (int n = 0; n < kColumns; ++n) {
      float total = sum[r][n];
#pragma unroll
      for (int distance = kWarp / 2; distance > 0; distance /= 2) total += __shfl_xor_sync(kFullWarp, total, distance);
      if constexpr (kSplit == 1) {
        if (lane == 0 && first + n < p.columns) Store(p, r, first + n, total);
      } else if (lane % kWarp == 0) {
        parts[warp][r][n] = total;
      }
    }
  }
  if constexpr (kSplit > 1) {
    __syncthreads();
    if (lane >= kRows * kColumns || lane / kColumns >= p.rows || first + lane % kColumns >= p.columns) return;
    float total = 0.0f;
#pragma unroll
    for (int s = 0; s < kSplit; ++s) total += parts[warp + s][lane / kColumns][lane % kColumns];
    Store(p, lane / kColumns, first + lane % kColumns, total);
  }
}

template <typename T>
__global__ void __launch_bounds__(kThreads) AddBiasKernel(const LinearArguments<T> p) {
  const int64_t count = p.rows * p.columns;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < count; i += step) {
    p.y[i] = FromFloat<T>(ToFloat(p.y[i]) + ToFloat(p.bias[i % p.columns]));
  }
}

template <typename T, int kVector, int kColumns, int kSplit, int kRows>
cudaError_t LaunchLinear(const LinearArguments<T>& p, cudaStream_t stream) {
  constexpr int kPerBlock = kWarps / kSplit * kColumns;
  const dim3 grid(static_cast<unsigned>((p.columns + kPerBlock - 1) / kPerBlock));
  return LaunchDependent(LinearKernel<T, kVector, kColumns, kSplit, kRows>, grid, dim3(kThreads), 0, stream, p);
}

template <typename T, int kVector, int kColumns, int kSplit>
cudaError_t OfRows(const LinearArguments<T>& p, cudaStream_t stream) {
  if (p.rows <= 1) return LaunchLinear<T, kVector, kColumns, kSplit, 1>(p, stream);
  if (p.rows <= 2) return LaunchLinear<T, kVector, kColumns, kSplit, 2>(p, stream);
  if (p.rows <= 4) return LaunchLinear<T, kVector, kColumns, kSplit, 4>(p, stream);
  return LaunchLinear<T, kVector, kColumns, kSplit, 8>(p, stream);
}

static_assert(kMostLinearRows <= kMostTensorRows, "all rows go into one product");

/// Weights as they are, of a 16-bit type.
template <typename T>
struct PlainWeights {
  static constexpr int kAhead = 2;
  static constexpr int kBlockBytes = kWeightBlock * 2;
  static constexpr PairOrder kOrder = PairOrder::kNeighbours;

  struct Block {
    alignas(16) uint32_t words[kWeightBlock / 2];

    __device__ __forceinline__ void Pairs(int i, uint32_t (&pairs)[2]) const {
      pairs[0] = words[2 * i];
      pairs[1] = words[2 * i + 1];
    }
  };

  const T* weight;

  __device__ __forceinline__ const unsigned char* Row(int64_t column, int blocks) const {
    return reinterpret_cast<const unsigned char*>(weight + column * blocks * kWeightBlock);
  }

  __device__ __forceinline__ Block Load(int64_t column, int at, int blocks) const {
    Block block;
    LoadWords(block.words, Row(column, blocks) + at * kBlockBytes);
    return block;
  }
};

}  // namespace

template <typename T>
cudaError_t FewRowsLinear(const LinearArguments<T>& p, cudaStream_t stream) {
  if (p.rows < 1 || p.rows > kMostLinearRows || p.columns < 1 || p.depth < 1) return cudaErrorInvalidValue;
  constexpr int kVector = kVectorElements<T>;
  const bool aligned = p.depth % kVector == 0 && RowsAligned(p.x, p.x_stride, 16) && RowsAligned(p.weight, p.depth, 16);
  if (!aligned) return OfRows<T, 1, 1, 1>(p, stream);
  // The tensor cores multiply eight rows in the time of one.
  if constexpr (kIsHalfWidth<T>) {
    if (p.rows > 1 && p.depth % kWeightBlock == 0) {
      return LaunchTensorProduct(TensorProduct<T, PlainWeights<T>>{p.x, p.x_stride, {p.weight}, p.bias, p.y, p.rows, p.columns, p.depth / kWeightBlock, p.constant_weight},
                                 stream);
    }
  }
  Device device{};
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  const int filling = kWarpsToFill * device.multiprocessors;
  if (p.columns >= 2 * filling) return OfRows<T, kVector, 2, 1>(p, stream);
  if (p.columns >= filling) return OfRows<T, kVector, 1, 1>(p, stream);
  return 2 * p.columns >= filling ? OfRows<T, kVector, 1, 2>(p, stream) : OfRows<T, kVector, 1, 4>(p, stream);
}

template <typename T>
cudaError_t AddBias(const LinearArguments<T>& p, cudaStream_t stream) {
  constexpr int64_t kMostBlocks = 4096;
  const int64_t blocks = std::min<int64_t>((p.rows * p.columns + kThreads - 1) / kThreads, kMostBlocks);
  return blocks < 1 ? cudaErrorInvalidValue : Launch(AddBiasKernel<T>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, stream, p);
}

template cudaError_t FewRowsLinear<float>(const LinearArguments<float>&, cudaStream_t);
template cudaError_t FewRowsLinear<__half>(const LinearArguments<__half>&, cudaStream_t);
template cudaError_t FewRowsLinear<__nv_bfloat16>(const LinearArguments<__nv_bfloat16>&, cudaStream_t);
template cudaError_t AddBias<float>(const LinearArguments<float>&, cudaStream_t);
template cudaError_t AddBias<__half>(const LinearArguments<__half>&, cudaStream_t);
template cudaError_t AddBias<__nv_bfloat16>(const LinearArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
