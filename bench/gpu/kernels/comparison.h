// How far an output is from its reference.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "common/launch.cuh"
#include "kernels/device_array.h"
#include "kernels/references.cuh"

namespace edgefleet::bench {

/// What rounding the exact result to the output's type may cost, relative to it: not an error of a kernel.
__host__ __device__ inline double OutputRounding(float) { return 1.0 / 16777216.0; }
__host__ __device__ inline double OutputRounding(__half) { return 1.0 / 2048.0; }
__host__ __device__ inline double OutputRounding(__nv_bfloat16) { return 1.0 / 256.0; }

/// By how much less than float16 T tells values apart: bfloat16 has three bits fewer. Limits that stem from operands rounded to T are
/// stated for float16 and grow by it; those that stem from arithmetic in float32 do not.
template <typename T>
inline constexpr double kCoarseness = std::is_same_v<T, __nv_bfloat16> ? 8.0 : 1.0;

template <typename T>
const char* TypeName() {
  return std::is_same_v<T, float> ? "fp32" : (std::is_same_v<T, __half> ? "fp16" : "bf16");
}

/// max |y - y*| / RMS(y*) of one batch entry and channel, over its tokens; infinite when an output is not a number. |y - y*| is
/// what exceeds the rounding of the output itself and `operand_rounding`, what rounding an operand costs relative to a result.
template <typename T>
__host__ __device__ double ChannelError(const T* y, const double* reference, int64_t length, int64_t channels, int64_t index,
                                        double operand_rounding) {
  const int64_t first = index / channels * length * channels + index % channels;
  double worst = 0.0;
  double squares = 0.0;
  bool valid = true;
  for (int64_t t = 0; t < length; ++t) {
    const double expected = reference[first + t * channels];
    const double difference = fabs(Value(y[first + t * channels]) - expected);
    valid = valid && difference <= 1e300;
    const double excess = difference - fabs(expected) * (OutputRounding(T{}) + operand_rounding);
    worst = excess > worst ? excess : worst;
    squares += expected * expected;
  }
  if (!valid) return HUGE_VAL;
  return worst == 0.0 ? 0.0 : worst / sqrt(squares / static_cast<double>(length));
}

template <typename T>
__global__ void ChannelErrorKernel(const T* y, const double* reference, int64_t batch, int64_t length, int64_t channels, double operand_rounding,
                                   double* error) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index < batch * channels) error[index] = ChannelError(y, reference, length, channels, index, operand_rounding);
}

/// The error of all elements as one channel.
template <typename T>
double WholeError(const DeviceArray<T>& y, const DeviceArray<double>& reference, double operand_rounding = 0.0) {
  const auto found = y.ToHost();
  const auto expected = reference.ToHost();
  return found.empty() ? 0.0 : ChannelError(found.data(), expected.data(), static_cast<int64_t>(found.size()), 1, 0, operand_rounding);
}

/// The largest `ChannelError`. Few tokens have no scale of their own: then all elements are taken as one channel.
template <typename T>
double WorstError(const DeviceArray<T>& y, const DeviceArray<double>& reference, int64_t batch, int64_t length, int64_t channels,
                  double operand_rounding = 0.0) {
  constexpr int64_t kOwnScale = 64;
  if (length < kOwnScale) return WholeError(y, reference, operand_rounding);
  const int64_t count = batch * channels;
  DeviceArray<double> errors(static_cast<size_t>(count));
  EDGEFLEET_CUDA(cuda::Launch(ChannelErrorKernel<T>, dim3(static_cast<unsigned>((count + 127) / 128)), dim3(128), 0, nullptr, y.data(),
                              reference.data(), batch, length, channels, operand_rounding, errors.data()));
  double worst = 0.0;
  for (const double error : errors.ToHost()) worst = error > worst ? error : worst;
  return worst;
}

}  // namespace edgefleet::bench
