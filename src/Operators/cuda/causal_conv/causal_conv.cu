#include "causal_conv/causal_conv.h"

#include <algorithm>

#include "causal_conv/step.cuh"
#include "common/alignment.h"
#include "common/device.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"

namespace edgefleet::cuda {
namespace {

constexpr int kThreads = 128;
/// Channels of a thread, where rows are aligned to as many: more would take registers from the threads that hide the memory's latency.
constexpr int kThreadChannels = 4;
/// Rows that a thread has under way, 64 bytes where it has kThreadChannels.
template <typename T>
constexpr int kRowsAhead = 64 / (kThreadChannels * static_cast<int>(sizeof(T)));
/// The first chunk alone reads the past window, so a chunk is no shorter than the widest window.
constexpr int kShortestChunk = 16;
constexpr int kLongestChunk = 128;
constexpr int64_t kMaximumGridY = 65535;

/// A thread walks `chunk` tokens of kVector channels and keeps the last kWidth - 1 rows in registers, so that each element is read once.
/// Widths below kWidth are padded in front with zero weights.
template <typename T, int kVector, int kWidth>
__global__ void __launch_bounds__(kThreads) CausalConvKernel(const CausalConvArguments<T> p, const int64_t chunk) {
  using Row = Vector<T, kVector>;
  LetDependentsStart();
  WaitForPrerequisites();
  const int64_t channel = (static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x) * kVector;
  if (channel >= p.channels) return;
  const int64_t batch = blockIdx.z;
  const int64_t first = blockIdx.y * chunk;
  const int64_t end = first + chunk < p.length ? first + chunk : p.length;
  const int64_t kept = p.width - 1;
  const T* input = p.input + batch * p.length * p.input_stride + channel;
  T* output = p.output + batch * p.length * p.channels + channel;
  const T* past = p.past_window == nullptr ? nullptr : p.past_window + batch * kept * p.channels + channel;

  float weight[kWidth][kVector];
  float bias[kVector];
#pragma unroll
  for (int v = 0; v < kVector; ++v) {
    bias[v] = p.bias == nullptr ? 0.0f : p.bias[channel + v];
#pragma unroll
    for (int k = 0; k < kWidth; ++k) {
      const int tap = k - (kWidth - p.width);
      weight[k][v] = tap < 0 ? 0.0f : p.weight[(channel + v) * p.width + tap];
    }
  }

  // window[k] is the row of token t - (kWidth - 1) + k; its last entry is filled in the loop.
  float window[kWidth][kVector];
#pragma unroll
  for (int k = 0; k < kWidth - 1; ++k) {
    const int64_t t = first - (kWidth - 1) + k;
    const bool from_past = t < 0 && kept + t >= 0;
    if (t >= 0 || from_past) {
      const Row row = LoadVector<T, kVector>(from_past ? past + (kept + t) * p.channels : input + t * p.input_stride);
#pragma unroll
      for (int v = 0; v < kVector; ++v) window[k][v] = ToFloat(row, v);
    } else {
#pragma unroll
      for (int v = 0; v < kVector; ++v) window[k][v] = 0.0f;
    }
  }

  // The rows behind those at work are under way.
  constexpr int kRows = kRowsAhead<T>;
  Row next[kRows];
  const auto load = [&](int64_t t0) {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (t0 + i < end) next[i] = LoadVector<T, kVector>(input + (t0 + i) * p.input_stride);
    }
  };
  load(first);
  for (int64_t t0 = first; t0 < end; t0 += kRows) {
    Row rows[kRows];
#pragma unroll
    for (int i = 0; i < kRows; ++i) rows[i] = next[i];
    load(t0 + kRows);
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (t0 + i < end) {
        float result[kVector];
#pragma unroll
        for (int v = 0; v < kVector; ++v) {
          window[kWidth - 1][v] = ToFloat(rows[i], v);
          float sum = bias[v];
#pragma unroll
          for (int k = 0; k < kWidth; ++k) sum = fmaf(weight[k][v], window[k][v], sum);
          result[v] = p.silu ? Math<T>::Silu(sum) : sum;
#pragma unroll
          for (int k = 0; k + 1 < kWidth; ++k) window[k][v] = window[k + 1][v];
        }
        StoreVector<T, kVector>(output + (t0 + i) * p.channels, FromFloats<T>(result));
      }
    }
  }

  // The thread that read the past writes the present, in ascending order, so that both may be one buffer.
  if (first == 0) {
    T* present = p.present_window + batch * kept * p.channels + channel;
    for (int64_t k = 0; k < kept; ++k) {
      const int64_t t = p.length - kept + k;
      const Row row = LoadVector<T, kVector>(t >= 0 ? input + t * p.input_stride : past + (kept + t) * p.channels);
      StoreVector<T, kVector>(present + k * p.channels, row);
    }
  }
}

/// One token: a thread a channel. Constant weights are fetched before the kernel waits for the token.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads) CausalConvStepKernel(const CausalConvArguments<T> p) {
  LetDependentsStart();
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (channel >= p.channels) return;
  const int64_t batch = blockIdx.y;
  if (!p.constant_weight) WaitForPrerequisites();
  ConvStep<T, kWidth> step;
  step.LoadParameters(p, channel);
  if (threadIdx.x % 32 == 0) PrefetchWindow(p, batch, channel);
  WaitForPrerequisites();
  step.LoadWindow(p, batch, channel);
  p.output[batch * p.channels + channel] = step.Convolve(p);
  step.StoreWindow(p, batch, channel);
}

template <typename T, int kWidth>
cudaError_t LaunchConvStep(const CausalConvArguments<T>& p, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((p.channels + kThreads - 1) / kThreads), static_cast<unsigned>(p.batch));
  return LaunchDependent(CausalConvStepKernel<T, kWidth>, grid, dim3(kThreads), 0, stream, p);
}

template <typename T, int kVector, int kWidth>
cudaError_t LaunchConv(const CausalConvArguments<T>& p, int multiprocessors, cudaStream_t stream) {
  const int64_t columns = (p.channels + kVector - 1) / kVector;
  const int64_t blocks_x = (columns + kThreads - 1) / kThreads;
  // Longer chunks read fewer rows twice; shorter ones fill the device.
  const int64_t wanted_blocks = static_cast<int64_t>(multiprocessors) * 8;
  int64_t chunk = p.length * blocks_x * p.batch / wanted_blocks;
  chunk = std::clamp<int64_t>(chunk, kShortestChunk, kLongestChunk);
  chunk = std::max(chunk, (p.length + kMaximumGridY - 1) / kMaximumGridY);
  const dim3 grid(static_cast<unsigned>(blocks_x), static_cast<unsigned>((p.length + chunk - 1) / chunk),
                  static_cast<unsigned>(p.batch));
  return LaunchDependent(CausalConvKernel<T, kVector, kWidth>, grid, dim3(kThreads), 0, stream, p, chunk);
}

}  // namespace

template <typename T>
cudaError_t CausalConv(const CausalConvArguments<T>& p, cudaStream_t stream) {
  if (p.batch < 1 || p.batch > kMaximumGridY || p.length < 1 || p.channels < 1 || p.width < 1 || p.width > kMaximumConvWidth) {
    return cudaErrorInvalidValue;
  }
  if (p.length == 1) return p.width <= 4 ? LaunchConvStep<T, 4>(p, stream) : LaunchConvStep<T, kMaximumConvWidth>(p, stream);
  Device device;
  if (const cudaError_t error = CurrentDevice(device); error != cudaSuccess) return error;
  constexpr size_t kBytes = kThreadChannels * sizeof(T);
  const bool aligned = p.channels % kThreadChannels == 0 && RowsAligned(p.input, p.input_stride, kBytes) &&
                       RowsAligned(p.past_window, p.channels, kBytes) && RowsAligned(p.present_window, p.channels, kBytes) &&
                       RowsAligned(p.output, p.channels, kBytes);
  if (p.width > 4) return LaunchConv<T, 1, kMaximumConvWidth>(p, device.multiprocessors, stream);
  return aligned ? LaunchConv<T, kThreadChannels, 4>(p, device.multiprocessors, stream)
                 : LaunchConv<T, 1, 4>(p, device.multiprocessors, stream);
}

template cudaError_t CausalConv<float>(const CausalConvArguments<float>&, cudaStream_t);
template cudaError_t CausalConv<__half>(const CausalConvArguments<__half>&, cudaStream_t);
template cudaError_t CausalConv<__nv_bfloat16>(const CausalConvArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
