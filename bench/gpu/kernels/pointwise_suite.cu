// RmsNorm and GatedActivation.
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "gated_activation/gated_activation.h"
#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "rms_norm/rms_norm.h"

namespace edgefleet::bench {
namespace {

using cuda::Activation;
using cuda::GatedActivationArguments;
using cuda::RmsNormArguments;

struct NormCase {
  int64_t rows = 1;
  int channels = 1;
  int groups = 1;
  int offset = 0;
  bool weight = true;
  bool gate = false;
  bool skip = false;
  bool norm_before_gate = false;
};

template <typename T>
std::string Dimensions(const NormCase& c) {
  return std::string(TypeName<T>()) + " C" + std::to_string(c.channels) + " G" + std::to_string(c.groups) + (c.gate ? " gate" : "") +
         (c.norm_before_gate ? "-last" : "") + (c.skip ? " skip" : "") + (c.offset > 0 ? " packed" : "");
}

template <typename T>
class NormData {
 public:
  NormData(const NormCase& c, uint64_t seed) {
    const size_t rows = static_cast<size_t>(c.rows);
    const size_t channels = static_cast<size_t>(c.channels);
    const size_t stride = channels + 2 * static_cast<size_t>(c.offset);
    x = RandomArray<T>(rows * stride, seed + 1);
    if (c.weight) weight = RandomArray<float>(channels, seed + 2);
    if (c.gate) gate = RandomArray<T>(rows * stride, seed + 3);
    if (c.skip) {
      skip = RandomArray<T>(rows * channels, seed + 4);
      sum = DeviceArray<T>(rows * channels);
    }
    y = DeviceArray<T>(rows * channels);
    y.Poison();
    sum.Poison();
    arguments = {x.data() + c.offset, static_cast<int64_t>(stride), weight.data(), c.gate ? gate.data() + c.offset : nullptr,
                 static_cast<int64_t>(stride), skip.data(), y.data(), sum.data(), c.rows, c.channels, c.groups, 1e-5f, c.norm_before_gate};
  }

  DeviceArray<T> x, gate, skip, y, sum;
  DeviceArray<float> weight;
  RmsNormArguments<T> arguments;
};

template <typename T>
DeviceArray<double> ToDevice(const std::vector<double>& values, const DeviceArray<T>&) {
  DeviceArray<double> array(values.size());
  if (!values.empty()) EDGEFLEET_CUDA(cudaMemcpy(array.data(), values.data(), array.bytes(), cudaMemcpyHostToDevice));
  return array;
}

template <typename T>
void CheckNorm(Report& report, const NormCase& c, uint64_t seed) {
  NormData<T> data(c, seed);
  const auto x = data.x.ToHost();
  const auto gate = data.gate.ToHost();
  const auto skip = data.skip.ToHost();
  const auto weight = data.weight.ToHost();
  std::vector<double> y(data.y.size());
  std::vector<double> sum(data.sum.size());
  const int size = c.channels / c.groups;
  const int64_t stride = data.arguments.x_stride;
  for (int64_t row = 0; row < c.rows; ++row) {
    for (int group = 0; group < c.groups; ++group) {
      std::vector<double> value(static_cast<size_t>(size));
      double squares = 0.0;
      const auto gate_at = [&](int channel) { return Silu(Value(gate[static_cast<size_t>(row * stride + c.offset + channel)])); };
      for (int i = 0; i < size; ++i) {
        const int channel = group * size + i;
        double v = Value(x[static_cast<size_t>(row * stride + c.offset + channel)]);
        if (c.skip) {
          v += Value(skip[static_cast<size_t>(row * c.channels + channel)]);
          sum[static_cast<size_t>(row * c.channels + channel)] = v;
        }
        if (c.gate && !c.norm_before_gate) v *= gate_at(channel);
        value[static_cast<size_t>(i)] = v;
        squares += v * v;
      }
      const double scale = 1.0 / std::sqrt(squares / size + 1e-5);
      for (int i = 0; i < size; ++i) {
        const int channel = group * size + i;
        double v = value[static_cast<size_t>(i)] * scale;
        if (c.weight) v *= weight[static_cast<size_t>(channel)];
        if (c.gate && c.norm_before_gate) v *= gate_at(channel);
        y[static_cast<size_t>(row * c.channels + channel)] = v;
      }
    }
  }
  EDGEFLEET_CUDA(cuda::RmsNorm(data.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-3;
  report.Check("RmsNorm", Dimensions<T>(c), c.rows, WholeError(data.y, ToDevice(y, data.y)), tolerance);
  if (c.skip) report.Check("RmsNorm", Dimensions<T>(c) + " sum", c.rows, WholeError(data.sum, ToDevice(sum, data.sum)), tolerance);
}

double Activate(Activation activation, double x) {
  if (activation == Activation::kSilu) return Silu(x);
  if (activation == Activation::kGelu) return 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0)));
  return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
}

template <typename T>
void CheckActivation(Report& report, int64_t rows, int64_t features, Activation activation, uint64_t seed) {
  const DeviceArray<T> x = RandomArray<T>(static_cast<size_t>(rows * 2 * features), seed);
  DeviceArray<T> y(static_cast<size_t>(rows * features));
  y.Poison();
  const auto host = x.ToHost();
  std::vector<double> expected(y.size());
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < features; ++i) {
      expected[static_cast<size_t>(row * features + i)] = Activate(activation, Value(host[static_cast<size_t>(row * 2 * features + i)])) *
                                                          Value(host[static_cast<size_t>((row * 2 + 1) * features + i)]);
    }
  }
  EDGEFLEET_CUDA(cuda::GatedActivation(GatedActivationArguments<T>{x.data(), y.data(), rows, features, activation}, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  const char* names[] = {"silu", "gelu", "gelu_tanh"};
  report.Check("GatedActivation", std::string(TypeName<T>()) + " F" + std::to_string(features) + " " + names[static_cast<int>(activation)],
               rows, WholeError(y, ToDevice(expected, y)), std::is_same_v<T, float> ? 1e-5 : 1e-3);
}

template <typename T>
void CheckSizes(Report& report) {
  uint64_t seed = 40;
  for (const int64_t rows : {1, 5}) {
    CheckNorm<T>(report, {rows, 64, 1, 0, true, false, false, false}, seed += 10);
    CheckNorm<T>(report, {rows, 37, 1, 3, true, true, true, false}, seed += 10);
    CheckNorm<T>(report, {rows, 1536, 1, 8, true, true, false, true}, seed += 10);
    CheckNorm<T>(report, {rows, 1536, 4, 0, false, true, true, false}, seed += 10);
    CheckNorm<T>(report, {rows, 9000, 1, 0, true, false, true, false}, seed += 10);
    for (const auto activation : {Activation::kSilu, Activation::kGelu, Activation::kGeluTanh}) {
      CheckActivation<T>(report, rows, 96, activation, seed += 10);
      CheckActivation<T>(report, rows, 7, activation, seed += 10);
    }
  }
  // Several rows a block, and rows of warps.
  CheckNorm<T>(report, {20001, 40, 1, 8, true, true, true, false}, seed += 10);
  CheckNorm<T>(report, {70001, 16, 1, 0, true, true, false, true}, seed += 10);
  CheckNorm<T>(report, {9001, 40, 1, 8, true, false, true, false}, seed += 10);
  CheckNorm<T>(report, {4301, 1536, 1, 8, true, true, false, false}, seed += 10);
  CheckNorm<T>(report, {2305, 3072, 2, 0, true, true, false, true}, seed += 10);
}

template <typename T>
void TimeNorm(Report& report, const Machine& machine, const NormCase& c) {
  const double tensors = 2.0 + (c.gate ? 1.0 : 0.0) + (c.skip ? 2.0 : 0.0);
  const double bytes = tensors * sizeof(T) * static_cast<double>(c.rows) * c.channels;
  std::vector<NormData<T>> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  ReportTime(report, machine, "RmsNorm", Dimensions<T>(c), c.rows, bytes, 0.0, [&](int i, cudaStream_t stream) {
    return cuda::RmsNorm(sets[static_cast<size_t>(i) % sets.size()].arguments, stream);
  });
}

template <typename T>
void TimeActivation(Report& report, const Machine& machine, int64_t rows, int64_t features) {
  const double bytes = 3.0 * sizeof(T) * static_cast<double>(rows * features);
  const int count = BufferSets(machine, bytes);
  std::vector<DeviceArray<T>> x;
  std::vector<DeviceArray<T>> y;
  for (int i = 0; i < count; ++i) {
    x.push_back(RandomArray<T>(static_cast<size_t>(2 * rows * features), static_cast<uint64_t>(i)));
    y.emplace_back(static_cast<size_t>(rows * features));
  }
  ReportTime(report, machine, "GatedActivation", std::string(TypeName<T>()) + " F" + std::to_string(features), rows, bytes, 0.0,
             [&](int i, cudaStream_t stream) {
               const size_t set = static_cast<size_t>(i) % x.size();
               return cuda::GatedActivation(
                   GatedActivationArguments<T>{x[set].data(), y[set].data(), rows, features, Activation::kSilu}, stream);
             });
}

}  // namespace

void CheckPointwise(Report& report, const Machine&) {
  CheckSizes<float>(report);
  CheckSizes<__half>(report);
  CheckSizes<__nv_bfloat16>(report);
}

void TimePointwise(Report& report, const Machine& machine) {
  for (const int64_t rows : {1, 8192, 57344}) {
    TimeNorm<__half>(report, machine, {rows, 1536, 1, 0, true, false, true, false});
    TimeNorm<__half>(report, machine, {rows, 3072, 1, 0, true, true, false, false});
    TimeActivation<__half>(report, machine, rows, 4864);
  }
  TimeNorm<__nv_bfloat16>(report, machine, {8192, 3072, 1, 0, true, true, false, false});
  TimeActivation<__nv_bfloat16>(report, machine, 8192, 4864);
}

}  // namespace edgefleet::bench
