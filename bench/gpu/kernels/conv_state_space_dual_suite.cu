// Convolution and recurrence of a Mamba-2 mixer in one operator, against double precision and against the two operators that it stands for.
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "conv_state_space_dual/conv_state_space_dual.h"
#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "linear/linear.h"

namespace edgefleet::bench {
namespace {

using cuda::CausalConvArguments;
using cuda::ConvStateSpaceDualArguments;
using cuda::LinearArguments;
using cuda::StateSpaceDualArguments;

struct ConvDualCase {
  int64_t batch = 1;
  int64_t length = 1;
  int heads = 48;
  int head_size = 64;
  int groups = 1;
  int states = 128;
  int width = 4;
  bool gate = false;
  bool in_place = true;
  bool silu = true;
  /// Channels of the packed projection in front of and behind what is read.
  int padding = 0;

  int64_t inner() const { return static_cast<int64_t>(heads) * head_size; }
  int64_t channels() const { return inner() + 2 * static_cast<int64_t>(groups) * states; }
  /// Gate, x, B, C and dt.
  int64_t projected() const { return inner() + channels() + heads + 2 * padding; }
};

template <typename T>
std::string Dimensions(const ConvDualCase& c) {
  return std::string(TypeName<T>()) + " B" + std::to_string(c.batch) + " H" + std::to_string(c.heads) + " P" +
         std::to_string(c.head_size) + " G" + std::to_string(c.groups) + " N" + std::to_string(c.states) + " W" + std::to_string(c.width) +
         (c.silu ? "" : " linear") + (c.gate ? " gate" : "") + (c.padding > 0 ? " padded" : "") + (c.in_place ? "" : " copied");
}

/// A layer's tensors. Those of equal seeds are equal.
template <typename T>
class ConvDualData {
 public:
  ConvDualData(const ConvDualCase& c, uint64_t seed) {
    const size_t tokens = static_cast<size_t>(c.batch * c.length);
    const size_t channels = static_cast<size_t>(c.channels());
    const size_t heads = static_cast<size_t>(c.heads);
    packed = RandomArray<T>(tokens * static_cast<size_t>(c.projected()), seed + 1);
    weight_ = RandomArray<float>(channels * static_cast<size_t>(c.width), seed + 2, {0.0f, 0.5f});
    bias_ = RandomArray<float>(channels, seed + 3, {0.0f, 0.5f});
    a_ = RandomArray<float>(heads, seed + 4, {1.0f, 1.0f, true});
    d_ = RandomArray<float>(heads, seed + 5);
    dt_bias_ = RandomArray<float>(heads, seed + 6, {-4.0f, 1.0f});
    window_ = RandomArray<T>(static_cast<size_t>(c.batch * (c.width - 1)) * channels, seed + 7);
    state_ = RandomArray<float>(static_cast<size_t>(c.batch * c.states * c.inner()), seed + 8);
    y = DeviceArray<T>(tokens * static_cast<size_t>(c.inner()));
    y.Poison();
    if (!c.in_place) {
      new_window_ = DeviceArray<T>(window_.size());
      new_state_ = DeviceArray<float>(state_.size());
      new_window_.Poison();
      new_state_.Poison();
    }
    convolved_ = DeviceArray<T>(tokens * channels);
    convolved_.Poison();
    counters_ = DeviceArray<unsigned>(cuda::kConvDualCounters);
    EDGEFLEET_CUDA(cudaMemset(counters_.data(), 0, counters_.bytes()));

    const T* first = packed.data() + c.padding;
    CausalConvArguments<T>& conv = arguments.convolution;
    conv = {first + c.inner(), c.projected(), weight_.data(), bias_.data(), window_.data(), convolved_.data(),
            c.in_place ? window_.data() : new_window_.data(), c.batch, c.length, c.channels(), c.width, c.silu, true};
    StateSpaceDualArguments<T>& dual = arguments.recurrence;
    dual.dt = first + c.inner() + c.channels();
    dual.a = a_.data();
    dual.d = d_.data();
    dual.z = c.gate ? first : nullptr;
    dual.dt_bias = dt_bias_.data();
    dual.past_state = state_.data();
    dual.y = y.data();
    dual.present_state = c.in_place ? state_.data() : new_state_.data();
    dual.dt_stride = dual.z_stride = c.projected();
    dual.batch = c.batch;
    dual.length = c.length;
    dual.heads = c.heads;
    dual.head_size = c.head_size;
    dual.groups = c.groups;
    dual.states = c.states;
    dual.dt_min = 1e-3f;
    dual.dt_max = 3.4028235e38f;
    dual.dt_softplus = true;
    arguments.counters = counters_.data();
    // The two operators' arguments: what the first gives is packed as x, B and C.
    separate = dual;
    separate.x = conv.output;
    separate.b = separate.x + c.inner();
    separate.c = separate.b + static_cast<int64_t>(c.groups) * c.states;
    separate.x_stride = separate.b_stride = separate.c_stride = c.channels();
    workspace_ = DeviceArray<unsigned char>(cuda::StateSpaceDualWorkspace(separate));
    workspace_.Poison();
    dual.workspace = separate.workspace = workspace_.data();
  }

  cudaError_t RunFused(cudaStream_t stream) const { return cuda::ConvStateSpaceDual(arguments, stream); }

  cudaError_t RunSeparate(cudaStream_t stream) const {
    if (const cudaError_t error = cuda::CausalConv(arguments.convolution, stream); error != cudaSuccess) return error;
    return cuda::StateSpaceDual(separate, stream);
  }

  /// What the operator should give, in double precision but for the convolved channels, which are rounded to T.
  void Reference(std::vector<double>& y_exact, std::vector<double>& window_exact, std::vector<double>& state_exact) const {
    const auto packed_host = packed.ToHost();
    const auto weight = weight_.ToHost();
    const auto bias = bias_.ToHost();
    const auto window = window_.ToHost();
    CausalConvArguments<T> conv = arguments.convolution;
    conv.input = packed_host.data() + (conv.input - packed.data());
    conv.weight = weight.data();
    conv.bias = bias.data();
    conv.past_window = window.data();
    std::vector<double> exact(convolved_.size());
    window_exact.resize(window_.size());
    for (int64_t i = 0; i < conv.batch * conv.channels; ++i) ConvReference(conv, i, exact.data(), window_exact.data());
    std::vector<T> convolved;
    for (const double value : exact) convolved.push_back(static_cast<T>(static_cast<float>(value)));

    const auto a = a_.ToHost();
    const auto d = d_.ToHost();
    const auto dt_bias = dt_bias_.ToHost();
    const auto state = state_.ToHost();
    StateSpaceDualArguments<T> dual = separate;
    dual.x = convolved.data();
    dual.b = convolved.data() + (separate.b - separate.x);
    dual.c = convolved.data() + (separate.c - separate.x);
    dual.dt = packed_host.data() + (separate.dt - packed.data());
    if (separate.z != nullptr) dual.z = packed_host.data() + (separate.z - packed.data());
    dual.a = a.data();
    dual.d = d.data();
    dual.dt_bias = dt_bias.data();
    dual.past_state = state.data();
    y_exact.resize(y.size());
    state_exact.resize(state_.size());
    for (int64_t i = 0; i < dual.batch * dual.heads * dual.head_size; ++i) DualReference(dual, i, y_exact.data(), state_exact.data());
  }

  const DeviceArray<T>& window() const { return new_window_.size() > 0 ? new_window_ : window_; }
  const DeviceArray<float>& state() const { return new_state_.size() > 0 ? new_state_ : state_; }
  const DeviceArray<unsigned>& counters() const { return counters_; }

  DeviceArray<T> packed, y;
  ConvStateSpaceDualArguments<T> arguments{};
  StateSpaceDualArguments<T> separate{};

 private:
  DeviceArray<T> window_, new_window_, convolved_;
  DeviceArray<float> weight_, bias_, a_, d_, dt_bias_, state_, new_state_;
  DeviceArray<unsigned char> workspace_;
  DeviceArray<unsigned> counters_;
};

DeviceArray<double> OnDevice(const std::vector<double>& values) {
  DeviceArray<double> array(values.size());
  if (array.size() > 0) EDGEFLEET_CUDA(cudaMemcpy(array.data(), values.data(), array.bytes(), cudaMemcpyHostToDevice));
  return array;
}

/// Elements whose bits differ.
template <typename T>
double Differences(const DeviceArray<T>& left, const DeviceArray<T>& right) {
  const auto a = left.ToHost();
  const auto b = right.ToHost();
  double count = 0.0;
  for (size_t i = 0; i < a.size(); ++i) count += std::memcmp(&a[i], &b[i], sizeof(T)) == 0 ? 0.0 : 1.0;
  return count;
}

template <typename T>
void CheckCase(Report& report, const ConvDualCase& c, uint64_t seed) {
  // As the suites of the two operators; a convolved channel on the border of two 16-bit numbers may be rounded to either.
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : kCoarseness<T> * 2.5e-2;
  const double state_tolerance = std::is_same_v<T, float> ? 1e-5 : kCoarseness<T> * 5e-3;
  const double operand_rounding = std::is_same_v<T, float> ? 0.0 : OutputRounding(T{});
  const std::string dims = Dimensions<T>(c);
  ConvDualData<T> data(c, seed);
  const ConvDualData<T> other(c, seed);
  std::vector<double> y, window, state;
  data.Reference(y, window, state);
  EDGEFLEET_CUDA(data.RunFused(nullptr));
  EDGEFLEET_CUDA(other.RunSeparate(nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("ConvStateSpaceDual", dims, c.length, WorstError(data.y, OnDevice(y), c.batch, c.length, c.inner(), operand_rounding), tolerance);
  report.Check("ConvStateSpaceDual", dims + " window", c.length, WholeError(data.window(), OnDevice(window)), 0.0);
  report.Check("ConvStateSpaceDual", dims + " state", c.length, WholeError(data.state(), OnDevice(state), operand_rounding), state_tolerance);
  const double differences = Differences(data.y, other.y) + Differences(data.window(), other.window()) + Differences(data.state(), other.state());
  report.Check("ConvStateSpaceDual", dims + " differing from two operators", c.length, differences, 0.0);
}

/// Steps of one token behind each other without a pause: a window that is overwritten too early, or counters that do not return to zero, show.
template <typename T>
void CheckSteps(Report& report, ConvDualCase c, int steps, uint64_t seed) {
  c.length = 1;
  const ConvDualData<T> fused(c, seed);
  const ConvDualData<T> separate(c, seed);
  cudaStream_t stream;
  EDGEFLEET_CUDA(cudaStreamCreate(&stream));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  for (int i = 0; i < steps; ++i) EDGEFLEET_CUDA(fused.RunFused(stream));
  for (int i = 0; i < steps; ++i) EDGEFLEET_CUDA(separate.RunSeparate(stream));
  EDGEFLEET_CUDA(cudaStreamSynchronize(stream));
  EDGEFLEET_CUDA(cudaStreamDestroy(stream));
  double differences =
      Differences(fused.y, separate.y) + Differences(fused.window(), separate.window()) + Differences(fused.state(), separate.state());
  for (const unsigned counter : fused.counters().ToHost()) differences += counter == 0 ? 0.0 : 1.0;
  report.Check("ConvStateSpaceDual", Dimensions<T>(c) + ", " + std::to_string(steps) + " steps", 1, differences, 0.0);
}

template <typename T>
void CheckSizes(Report& report, const Machine& machine) {
  uint64_t seed = 12000;
  for (const bool in_place : {true, false}) {
    for (const int64_t length : {1, 2, 3, 17, 33}) {
      CheckCase<T>(report, {1, length, 2, 64, 1, 128, 4, true, in_place}, seed += 100);
      CheckCase<T>(report, {2, length, 6, 20, 2, 24, 3, length % 2 == 0, in_place, true, 3}, seed += 100);
    }
    // One token: each number of warps, windows from none to the widest, columns that fill no block, several sequences and groups.
    CheckCase<T>(report, {1, 1, 3, 40, 1, 256, 4, true, in_place, false}, seed += 100);
    CheckCase<T>(report, {3, 1, 4, 33, 4, 5, 16, false, in_place, true, 1}, seed += 100);
    CheckCase<T>(report, {2, 1, 4, 31, 1, 33, 1, true, in_place}, seed += 100);
    CheckCase<T>(report, {2, 1, 4, 64, 2, 64, 2, false, in_place}, seed += 100);
    CheckCase<T>(report, {1, 1, 1, 1, 1, 1, 4, false, in_place}, seed += 100);
    CheckCase<T>(report, {1, 1, 2, 64, 2, 100, 7, true, in_place}, seed += 100);
    CheckCase<T>(report, {1, 1, 2, 48, 1, 250, 16, true, in_place}, seed += 100);
    CheckSteps<T>(report, {2, 1, 6, 20, 2, 24, 3, true, in_place}, 5, seed += 100);
  }
  if (machine.small_only) return;
  for (const bool in_place : {true, false}) {
    CheckCase<T>(report, {1, 1, 48, 64, 1, 128, 4, false, in_place}, seed += 100);
    CheckCase<T>(report, {1, 1, 24, 64, 1, 128, 4, true, in_place}, seed += 100);
    CheckCase<T>(report, {4, 1, 64, 64, 2, 128, 4, false, in_place}, seed += 100);
    CheckCase<T>(report, {1, 70, 24, 64, 1, 128, 4, true, in_place}, seed += 100);
    // More sequences and groups than counters: two kernels.
    CheckCase<T>(report, {300, 1, 4, 8, 4, 8, 4, true, in_place}, seed += 100);
  }
  CheckSteps<T>(report, {1, 1, 48, 64, 1, 128, 4, false}, 500, seed += 100);
  CheckSteps<T>(report, {1, 1, 24, 64, 1, 128, 4, true}, 500, seed += 100);
  CheckSteps<T>(report, {8, 1, 64, 64, 2, 64, 4, true}, 500, seed += 100);
}

/// A step's bytes; the parameters of the convolution count, as they do for a model.
template <typename T>
double StepBytes(const ConvDualCase& c) {
  const double channels = static_cast<double>(c.channels());
  const double inner = static_cast<double>(c.inner());
  return static_cast<double>(c.batch) * (sizeof(T) * (channels + inner * (c.gate ? 2.0 : 1.0) + c.heads + 2.0 * (c.width - 1) * channels) +
                                         2.0 * sizeof(float) * inner * c.states) +
         sizeof(float) * channels * (c.width + 1.0);
}

/// The two operators and the one, a step each, over the buffers of 48 layers; then with the projection in front, as a model has them.
template <typename T>
void TimeCase(Report& report, const Machine& machine, const ConvDualCase& c, int hidden) {
  constexpr int kLayers = 48;
  const std::string dims = Dimensions<T>(c);
  const double bytes = StepBytes<T>(c);
  const double operations = 5.0 * static_cast<double>(c.batch * c.inner()) * c.states;
  std::vector<ConvDualData<T>> layers;
  for (int i = 0; i < kLayers; ++i) layers.emplace_back(c, static_cast<uint64_t>(i + 1) * 100);
  const auto layer = [&](int i) -> const ConvDualData<T>& { return layers[static_cast<size_t>(i % kLayers)]; };
  ReportTime(report, machine, "Conv, Dual", dims, 1, bytes, operations, [&](int i, cudaStream_t stream) { return layer(i).RunSeparate(stream); });
  ReportTime(report, machine, "ConvDual", dims, 1, bytes, operations, [&](int i, cudaStream_t stream) { return layer(i).RunFused(stream); });

  const auto x = RandomArray<T>(static_cast<size_t>(hidden), 7);
  std::vector<DeviceArray<T>> weights;
  for (int i = 0; i < kLayers; ++i) {
    weights.push_back(RandomArray<T>(static_cast<size_t>(c.projected()) * static_cast<size_t>(hidden), static_cast<uint64_t>(i + 1) * 1000, {0.0f, 0.03f}));
  }
  const double projection = static_cast<double>(weights[0].bytes());
  const auto project = [&](int i, cudaStream_t stream) {
    const LinearArguments<T> linear{x.data(), hidden, weights[static_cast<size_t>(i % kLayers)].data(), nullptr, layer(i).packed.data(), 1,
                                    static_cast<int>(c.projected()), hidden, true};
    return cuda::FewRowsLinear(linear, stream);
  };
  const std::string projected = dims + " in_proj K" + std::to_string(hidden);
  ReportTime(report, machine, "Linear", projected, 1, projection, 0.0, project);
  ReportTime(report, machine, "L, Conv, Dual", projected, 1, projection + bytes, 0.0, [&](int i, cudaStream_t stream) {
    const cudaError_t error = project(i, stream);
    return error == cudaSuccess ? layer(i).RunSeparate(stream) : error;
  });
  ReportTime(report, machine, "L, ConvDual", projected, 1, projection + bytes, 0.0, [&](int i, cudaStream_t stream) {
    const cudaError_t error = project(i, stream);
    return error == cudaSuccess ? layer(i).RunFused(stream) : error;
  });
}

}  // namespace

void CheckConvStateSpaceDual(Report& report, const Machine& machine) {
  CheckSizes<float>(report, machine);
  CheckSizes<__half>(report, machine);
  CheckSizes<__nv_bfloat16>(report, machine);
}

void TimeConvStateSpaceDual(Report& report, const Machine& machine) {
  TimeCase<__half>(report, machine, {1, 1, 48, 64, 1, 128}, 1536);            // Mamba2-780m
  TimeCase<__half>(report, machine, {1, 1, 24, 64, 1, 128, 4, true}, 1024);   // Falcon-H1-0.5B
  TimeCase<__half>(report, machine, {1, 1, 64, 64, 1, 128}, 2048);            // Zamba2-1.2B
  TimeCase<__half>(report, machine, {1, 1, 24, 64, 1, 128}, 768);             // Mamba2-130m
  TimeCase<__nv_bfloat16>(report, machine, {1, 1, 48, 64, 1, 128}, 1536);
  TimeCase<float>(report, machine, {1, 1, 24, 64, 1, 128}, 768);
}

}  // namespace edgefleet::bench
