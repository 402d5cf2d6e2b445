#include "rms_norm/rms_norm.h"

#include <algorithm>

#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"

namespace edgefleet::cuda {
namespace {

constexpr int kMaximumThreads = 1024;
/// Rows of a block, which reads the weights once for them, where that leaves each multiprocessor this many blocks.
constexpr int64_t kMostRowsOfBlock = 16;
constexpr int64_t kBlocksToFill = 32;
/// Floats of a line of the second-level cache.
constexpr int kLineFloats = 32;

/// The sum over the block's threads; the same for all. Calls that follow each other take turns with `partial`: two of them in flight.
__device__ __forceinline__ float BlockSum(float value, float (&partial)[kMaximumThreads / 32]) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kFullWarp, value, distance);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float total = 0.0f;
  for (int w = 0; w < static_cast<int>(blockDim.x) / 32; ++w) total += partial[w];
  return total;
}

/// A block normalises one group of a row, of which a thread holds one vector, then of every gridDim.x-th row behind it with the same
/// weights. The next row is under way meanwhile.
template <typename T, int kVector>
__global__ void __launch_bounds__(kMaximumThreads) RmsNormKernel(const RmsNormArguments<T> p) {
  using Values = Vector<T, kVector>;
  struct Inputs {
    Values x;
    Values skip;
    Values gate;
  };
  __shared__ float partial[2][kMaximumThreads / 32];
  LetDependentsStart();
  const int size = p.channels / p.groups;
  const int offset = static_cast<int>(threadIdx.x) * kVector;
  const bool active = offset < size;
  const int channel = static_cast<int>(blockIdx.y) * size + offset;
  // The weights come from memory while the kernel in front still runs.
  if (active && p.weight != nullptr && offset % kLineFloats == 0) PrefetchToL2(p.weight + channel);
  WaitForPrerequisites();
  const bool gate_first = p.gate != nullptr && !p.norm_before_gate;
  const auto load = [&](int64_t row, Inputs& to) {
    if (!active || row >= p.rows) return;
    to.x = LoadVector<T, kVector>(p.x + row * p.x_stride + channel);
    if (p.skip != nullptr) to.skip = LoadVector<T, kVector>(p.skip + row * p.channels + channel);
    if (p.gate != nullptr) to.gate = LoadVector<T, kVector>(p.gate + row * p.gate_stride + channel);
  };
  Inputs next;
  load(blockIdx.x, next);
  Vector<float, kVector> weight;
#pragma unroll
  for (int v = 0; v < kVector; ++v) weight.element[v] = 1.0f;
  if (active && p.weight != nullptr) weight = LoadVector<float, kVector>(p.weight + channel);

  int turn = 0;
  for (int64_t row = blockIdx.x; row < p.rows; row += gridDim.x, turn ^= 1) {
    const Inputs inputs = next;
    load(row + gridDim.x, next);
    float value[kVector];
    float squares = 0.0f;
    if (active) {
#pragma unroll
      for (int v = 0; v < kVector; ++v) value[v] = ToFloat(inputs.x, v);
      if (p.skip != nullptr) {
#pragma unroll
        for (int v = 0; v < kVector; ++v) value[v] += ToFloat(inputs.skip, v);
      }
      if (p.sum != nullptr) StoreVector<T, kVector>(p.sum + row * p.channels + channel, FromFloats<T>(value));
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        if (gate_first) value[v] *= Math<T>::Silu(ToFloat(inputs.gate, v));
        squares = fmaf(value[v], value[v], squares);
      }
    }
    const float scale = rsqrtf(BlockSum(squares, partial[turn]) / static_cast<float>(size) + p.epsilon);
    if (active) {
      float result[kVector];
#pragma unroll
      for (int v = 0; v < kVector; ++v) {
        float y = value[v] * scale * weight.element[v];
        if (p.gate != nullptr && !gate_first) y *= Math<T>::Silu(ToFloat(inputs.gate, v));
        result[v] = y;
      }
      StoreVector<T, kVector>(p.y + row * p.channels + channel, FromFloats<T>(result));
    }
  }
}

constexpr int kWarpsPerBlock = 4;
/// Below so many rows a warp a multiprocessor the rows' blocks finish sooner.
constexpr int64_t kRowsForWarps = 32;

/// Many rows: a warp normalises a group of a row. All its loads are under way at once and no thread waits for another warp.
template <typename T, int kVector, int kVectors>
__global__ void __launch_bounds__(kWarpsPerBlock * 32) RowsRmsNormKernel(const RmsNormArguments<T> p) {
  using Values = Vector<T, kVector>;
  LetDependentsStart();
  WaitForPrerequisites();
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kWarpsPerBlock + threadIdx.x / 32;
  if (row >= p.rows) return;
  const int size = p.channels / p.groups;
  const int first = static_cast<int>(blockIdx.y) * size;
  const bool gate_first = p.gate != nullptr && !p.norm_before_gate;
  const T* x = p.x + row * p.x_stride + first;
  const T* other = p.skip != nullptr ? p.skip + row * p.channels + first : (p.gate != nullptr ? p.gate + row * p.gate_stride + first : nullptr);
  const auto channel = [&](int k) { return (k * 32 + lane) * kVector; };

  Values inputs[kVectors];
  Values others[kVectors];
#pragma unroll
  for (int k = 0; k < kVectors; ++k) {
    if (channel(k) >= size) break;
    inputs[k] = LoadVector<T, kVector>(x + channel(k));
    if (other != nullptr) others[k] = LoadVector<T, kVector>(other + channel(k));
  }
  float value[kVectors][kVector];
  float squares = 0.0f;
#pragma unroll
  for (int k = 0; k < kVectors; ++k) {
    if (channel(k) >= size) break;
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      value[k][v] = ToFloat(inputs[k], v);
      if (p.skip != nullptr) value[k][v] += ToFloat(others[k], v);
    }
    if (p.sum != nullptr) StoreVector<T, kVector>(p.sum + row * p.channels + first + channel(k), FromFloats<T>(value[k]));
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      if (gate_first) value[k][v] *= Math<T>::Silu(ToFloat(others[k], v));
      squares = fmaf(value[k][v], value[k][v], squares);
    }
  }
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) squares += __shfl_xor_sync(kFullWarp, squares, distance);
  const float scale = rsqrtf(squares / static_cast<float>(size) + p.epsilon);
#pragma unroll
  for (int k = 0; k < kVectors; ++k) {
    if (channel(k) >= size) break;
    Vector<float, kVector> weight;
    if (p.weight != nullptr) weight = LoadVector<float, kVector>(p.weight + first + channel(k));
    float result[kVector];
#pragma unroll
    for (int v = 0; v < kVector; ++v) {
      float y = value[k][v] * scale;
      if (p.weight != nullptr) y *= weight.element[v];
      if (p.gate != nullptr && !gate_first) y *= Math<T>::Silu(ToFloat(others[k], v));
      result[v] = y;
    }
    StoreVector<T, kVector>(p.y + row * p.channels + first + channel(k), FromFloats<T>(result));
  }
}

/// The same for groups that registers do not hold. The second pass reads the row again, from the first-level cache.
template <typename T, int kVector>
__global__ void __launch_bounds__(kMaximumThreads) WideRmsNormKernel(const RmsNormArguments<T> p) {
  using Values = Vector<T, kVector>;
  LetDependentsStart();
  WaitForPrerequisites();
  const int64_t row = blockIdx.x;
  const int size = p.channels / p.groups;
  const int first = static_cast<int>(blockIdx.y) * size;
  const T* x = p.x + row * p.x_stride + first;
  const T* gate = p.gate == nullptr ? nullptr : p.gate + row * p.gate_stride + first;
  const T* skip = p.skip == nullptr ? nullptr : p.skip + row * p.channels + first;
  T* y = p.y + row * p.channels + first;
  T* sum = p.sum == nullptr ? nullptr : p.sum + row * p.channels + first;
  const int step = static_cast<int>(blockDim.x) * kVector;
  const bool gate_first = gate != nullptr && !p.norm_before_gate;

  const auto added = [&](int i, float (&value)[kVector]) {
    const Values input = LoadVector<T, kVector>(x + i);
#pragma unroll
    for (int v = 0; v < kVector; ++v) value[v] = ToFloat(input, v);
    if (skip != nullptr) {
      const Values residual = LoadVector<T, kVector>(skip + i);
#pragma unroll
      for (int v = 0; v < kVector; ++v) value[v] += ToFloat(residual, v);
    }
  };
  const auto apply_gate = [&](int i, float (&value)[kVector]) {
    const Values input = LoadVector<T, kVector>(gate + i);
#pragma unroll
    for (int v = 0; v < kVector; ++v) value[v] *= Math<T>::Silu(ToFloat(input, v));
  };

  float squares = 0.0f;
  for (int i = static_cast<int>(threadIdx.x) * kVector; i < size; i += step) {
    float value[kVector];
    added(i, value);
    if (gate_first) apply_gate(i, value);
#pragma unroll
    for (int v = 0; v < kVector; ++v) squares = fmaf(value[v], value[v], squares);
  }
  __shared__ float partial[kMaximumThreads / 32];
  const float scale = rsqrtf(BlockSum(squares, partial) / static_cast<float>(size) + p.epsilon);

  for (int i = static_cast<int>(threadIdx.x) * kVector; i < size; i += step) {
    float value[kVector];
    added(i, value);
    if (sum != nullptr) StoreVector<T, kVector>(sum + i, FromFloats<T>(value));
    if (gate_first) apply_gate(i, value);
#pragma unroll
    for (int v = 0; v < kVector; ++v) value[v] *= p.weight == nullptr ? scale : scale * p.weight[first + i + v];
    if (gate != nullptr && !gate_first) apply_gate(i, value);
    StoreVector<T, kVector>(y + i, FromFloats<T>(value));
  }
}

template <typename T, int kVector, int kVectors>
cudaError_t LaunchRowsRmsNorm(const RmsNormArguments<T>& p, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((p.rows + kWarpsPerBlock - 1) / kWarpsPerBlock), static_cast<unsigned>(p.groups));
  return LaunchDependent(RowsRmsNormKernel<T, kVector, kVectors>, grid, dim3(kWarpsPerBlock * 32), 0, stream, p);
}

template <typename T, int kVector>
cudaError_t LaunchRmsNorm(const RmsNormArguments<T>& p, cudaStream_t stream) {
  const int wanted = (p.channels / p.groups + kVector - 1) / kVector;
  const int threads = std::clamp((wanted + 31) / 32 * 32, 32, kMaximumThreads);
  const dim3 block(static_cast<unsigned>(threads));
  if (wanted > kMaximumThreads) {
    const dim3 all(static_cast<unsigned>(p.rows), static_cast<unsigned>(p.groups));
    return LaunchDependent(WideRmsNormKernel<T, kVector>, all, block, 0, stream, p);
  }
  Device device{};
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  // A residual and a gate at once would be more than a warp's registers.
  if constexpr (kVector > 1) {
    if (p.rows * p.groups >= device.multiprocessors * kRowsForWarps && (p.skip == nullptr || p.gate == nullptr)) {
      if (wanted <= 3 * 32) return LaunchRowsRmsNorm<T, kVector, 3>(p, stream);
      if (wanted <= 6 * 32) return LaunchRowsRmsNorm<T, kVector, 6>(p, stream);
      if (wanted <= 12 * 32) return LaunchRowsRmsNorm<T, kVector, 12>(p, stream);
    }
  }
  const int64_t rows = std::clamp<int64_t>(p.rows / (device.multiprocessors * kBlocksToFill), 1, kMostRowsOfBlock);
  const dim3 grid(static_cast<unsigned>((p.rows + rows - 1) / rows), static_cast<unsigned>(p.groups));
  return LaunchDependent(RmsNormKernel<T, kVector>, grid, block, 0, stream, p);
}

}  // namespace

template <typename T>
cudaError_t RmsNorm(const RmsNormArguments<T>& p, cudaStream_t stream) {
  constexpr int64_t kMaximumRows = INT32_MAX;
  constexpr int kMaximumGroups = 65535;
  if (p.rows < 1 || p.rows > kMaximumRows || p.channels < 1 || p.groups < 1 || p.groups > kMaximumGroups || p.channels % p.groups != 0) {
    return cudaErrorInvalidValue;
  }
  constexpr int kVector = kVectorElements<T>;
  const bool aligned = p.channels / p.groups % kVector == 0 && RowsAligned(p.x, p.x_stride, 16) && RowsAligned(p.gate, p.gate_stride, 16) &&
                       RowsAligned(p.skip, p.channels, 16) && RowsAligned(p.y, p.channels, 16) && RowsAligned(p.sum, p.channels, 16) &&
                       RowsAligned(p.weight, 0, sizeof(float) * kVector);
  return aligned ? LaunchRmsNorm<T, kVector>(p, stream) : LaunchRmsNorm<T, 1>(p, stream);
}

template cudaError_t RmsNorm<float>(const RmsNormArguments<float>&, cudaStream_t);
template cudaError_t RmsNorm<__half>(const RmsNormArguments<__half>&, cudaStream_t);
template cudaError_t RmsNorm<__nv_bfloat16>(const RmsNormArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
