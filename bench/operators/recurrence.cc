// The operators of state space models against the route over ONNX Runtime's contributed operators (com.microsoft): both in one
// process on one thread pool, taken in turns. Before timing, outputs and states of both are compared.
//
// Usage: recurrence_benchmark LIBONNXRUNTIME LIBEDGEFLEET_OPS [pairs]
// Prints one JSON line a case; times are medians with quartiles, and the speed-up is the median of the pairs' ratios.
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "harness/graph_writer.h"
#include "harness/runtime.h"

namespace {

using edgefleet::harness::GraphAttribute;
using edgefleet::harness::GraphNode;
using edgefleet::harness::GraphValue;
using edgefleet::harness::Runtime;
using edgefleet::harness::Session;
using edgefleet::harness::TensorValue;

constexpr int kThreads = 2;
constexpr int32_t kFloat = 1;
constexpr ONNXTensorElementDataType kFloatTensor = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;

/// Aligned as ONNX Runtime aligns its own tensors.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  T* allocate(size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), kAlignment)); }
  void deallocate(T* memory, size_t) { ::operator delete(memory, kAlignment); }
  bool operator==(const AlignedAllocator&) const = default;
};

using Floats = std::vector<float, AlignedAllocator<float>>;

struct Tensor {
  std::vector<int64_t> shape;
  Floats data;
};

int64_t SizeOf(const std::vector<int64_t>& shape) {
  int64_t size = 1;
  for (const int64_t dimension : shape) size *= dimension;
  return size;
}

Tensor Normal(std::vector<int64_t> shape, double deviation, double mean = 0) {
  static std::mt19937 random(1);
  std::normal_distribution<float> normal(static_cast<float>(mean), static_cast<float>(deviation));
  Tensor tensor{shape, {}};
  for (int64_t i = 0; i < SizeOf(shape); ++i) tensor.data.push_back(normal(random));
  return tensor;
}

Tensor Zeros(std::vector<int64_t> shape) { return {shape, Floats(static_cast<size_t>(SizeOf(shape)))}; }

struct NamedTensor {
  const char* name;
  Tensor* tensor;
  bool constant = false;
};

/// One node with all its tensors bound. The state's buffer is both input and output.
class Route {
 public:
  Route(const Runtime& runtime, const char* operators, const char* domain, const char* op_type, std::vector<GraphAttribute> attributes,
        std::vector<NamedTensor> inputs, const char* state_input, const std::vector<NamedTensor>& outputs) {
    GraphNode node{domain, op_type, std::move(attributes), {}, {}};
    for (const auto& input : inputs) {
      GraphValue value;
      value.name = input.name;
      value.type = kFloat;
      if (input.tensor != nullptr) value.shape.assign(input.tensor->shape.begin(), input.tensor->shape.end());
      if (input.constant) {
        value.constant.assign(reinterpret_cast<const char*>(input.tensor->data.data()), input.tensor->data.size() * sizeof(float));
      }
      node.inputs.push_back(value);
    }
    for (const auto& output : outputs) node.outputs.push_back({output.name, kFloat, {}});
    session_ = std::make_unique<Session>(runtime, WriteModel(node), operators, kThreads);
    for (const auto& input : inputs) {
      if (input.tensor == nullptr || input.constant) continue;
      session_->BindInput(input.name, Value(runtime, *input.tensor));
      if (std::string_view(input.name) == state_input) state_ = input.tensor;
    }
    for (const auto& output : outputs) session_->BindOutput(output.name, Value(runtime, *output.tensor));
    output_ = outputs[0].tensor;
  }

  /// One call from an empty state, as a fresh prompt begins.
  double Seconds() const {
    std::fill(state_->data.begin(), state_->data.end(), 0.0f);
    const auto start = std::chrono::steady_clock::now();
    session_->Run();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  const Tensor& RunFromZero() const {
    std::fill(state_->data.begin(), state_->data.end(), 0.0f);
    session_->Run();
    return *output_;
  }

 private:
  const TensorValue& Value(const Runtime& runtime, Tensor& tensor) {
    values_.push_back(
        std::make_unique<TensorValue>(runtime, tensor.data.data(), tensor.data.size() * sizeof(float), tensor.shape, kFloatTensor));
    return *values_.back();
  }

  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<TensorValue>> values_;
  Tensor* state_ = nullptr;
  Tensor* output_ = nullptr;
};

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

class Benchmark {
 public:
  Benchmark(const Runtime& runtime, const char* operators, int pairs) : runtime_(runtime), operators_(operators), pairs_(pairs) {
    void* library = dlopen(operators, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    read_bandwidth_ = reinterpret_cast<double (*)(int, size_t, int)>(dlsym(library, "edgefleet_probe_read_bandwidth"));
    fma_flops_ = reinterpret_cast<double (*)(int, int)>(dlsym(library, "edgefleet_probe_fma_flops"));
  }

  void StateSpaceDual(int64_t tokens) const {
    constexpr int64_t kHeads = 24, kStates = 128, kHeadSize = 64, kChannels = kHeads * kHeadSize;
    Tensor x = Normal({1, tokens, kChannels}, 1), dt = Normal({1, tokens, kHeads}, 1, -3), b = Normal({1, tokens, kStates}, 1),
           c = Normal({1, tokens, kStates}, 1), a = Zeros({kHeads}), y = Zeros({1, tokens, kChannels}),
           state = Zeros({1, kHeads, kStates, kHeadSize});
    for (auto& rate : a.data) rate = -1.0f - 15.0f * static_cast<float>(&rate - a.data.data()) / kHeads;
    // The contributed operator takes ready time steps: its inputs dt * x and dt * A are made outside of the measurement.
    Tensor value = x, decay = dt, their_y = y, their_state = state;
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t i = 0; i < kChannels; ++i) {
        const auto step = static_cast<size_t>(t * kHeads + i / kHeadSize);
        const float softplus = std::log1p(std::exp(dt.data[step]));
        value.data[static_cast<size_t>(t * kChannels + i)] *= softplus;
        decay.data[step] = softplus * a.data[static_cast<size_t>(i / kHeadSize)];
      }
    }
    const Route ours(runtime_, operators_, "edgefleet", "StateSpaceDual", {{"dt_softplus", int64_t{1}}},
                     {{"x", &x}, {"dt", &dt}, {"A", &a, true}, {"B", &b}, {"C", &c}, {"", nullptr}, {"", nullptr}, {"", nullptr},
                      {"past_state", &state}},
                     "past_state", {{"y", &y}, {"present_state", &state}});
    const Route theirs(runtime_, operators_, "com.microsoft", "LinearAttention",
                       {{"q_num_heads", int64_t{1}}, {"kv_num_heads", kHeads}, {"update_rule", "gated"}, {"scale", 1.0f}},
                       {{"query", &c}, {"key", &b}, {"value", &value}, {"past_state", &their_state}, {"decay", &decay}}, "past_state",
                       {{"output", &their_y}, {"present_state", &their_state}});
    const double work = static_cast<double>(tokens * kChannels);
    // Of the recurrence: decay, input and output of each state element.
    const double multiply_adds = 3.0 * work * kStates;
    const double bytes = 4.0 * (2.0 * work + 2.0 * static_cast<double>(tokens) * kStates + 2.0 * kChannels * kStates);
    Compare("StateSpaceDual 24 heads, state 128, head 64", "com.microsoft.LinearAttention", tokens, ours, theirs, multiply_adds, bytes);
  }

  void SelectiveScan(int64_t tokens) const {
    constexpr int64_t kChannels = 1536, kStates = 16;
    Tensor u = Normal({1, tokens, kChannels}, 1), delta = Normal({1, tokens, kChannels}, 1, -3), b = Normal({1, tokens, kStates}, 1),
           c = Normal({1, tokens, kStates}, 1), a = Zeros({kStates, kChannels}), y = Zeros({1, tokens, kChannels}),
           state = Zeros({1, kStates, kChannels});
    for (int64_t i = 0; i < kStates * kChannels; ++i) a.data[static_cast<size_t>(i)] = -1.0f - static_cast<float>(i / kChannels);
    Tensor value = u, decay = Zeros({1, tokens, kChannels * kStates}), their_y = y, their_state = Zeros({1, kChannels, kStates, 1});
    for (int64_t i = 0; i < tokens * kChannels; ++i) {
      const float softplus = std::log1p(std::exp(delta.data[static_cast<size_t>(i)]));
      value.data[static_cast<size_t>(i)] *= softplus;
      for (int64_t n = 0; n < kStates; ++n) {
        decay.data[static_cast<size_t>(i * kStates + n)] = softplus * a.data[static_cast<size_t>(n * kChannels + i % kChannels)];
      }
    }
    const Route ours(runtime_, operators_, "edgefleet", "SelectiveScan", {{"delta_softplus", int64_t{1}}},
                     {{"u", &u}, {"delta", &delta}, {"A", &a, true}, {"B", &b}, {"C", &c}, {"", nullptr}, {"", nullptr}, {"", nullptr},
                      {"past_state", &state}},
                     "past_state", {{"y", &y}, {"present_state", &state}});
    const Route theirs(runtime_, operators_, "com.microsoft", "LinearAttention",
                       {{"q_num_heads", int64_t{1}}, {"kv_num_heads", kChannels}, {"update_rule", "gated"}, {"scale", 1.0f}},
                       {{"query", &c}, {"key", &b}, {"value", &value}, {"past_state", &their_state}, {"decay", &decay}}, "past_state",
                       {{"output", &their_y}, {"present_state", &their_state}});
    const double work = static_cast<double>(tokens * kChannels);
    const double multiply_adds = 3.0 * work * kStates;
    const double bytes = 4.0 * (3.0 * work + 2.0 * static_cast<double>(tokens) * kStates + 3.0 * kChannels * kStates);
    Compare("SelectiveScan 1536 channels, state 16", "com.microsoft.LinearAttention as Mamba-1", tokens, ours, theirs, multiply_adds, bytes);
  }

  void CausalConv1d(int64_t tokens, bool channels_last) const {
    constexpr int64_t kChannels = 1792, kWidth = 4;
    Tensor input = Normal({1, tokens, kChannels}, 1), weight = Normal({kChannels, kWidth}, 1), bias = Normal({kChannels}, 1),
           window = Zeros({1, kWidth - 1, kChannels}), y = Zeros({1, tokens, kChannels});
    Tensor their_input = input, their_weight{{kChannels, 1, kWidth}, weight.data}, their_window = window, their_y = y;
    if (!channels_last) {
      their_window.shape = {1, kChannels, kWidth - 1};
      their_input.shape = their_y.shape = {1, kChannels, tokens};
      for (int64_t t = 0; t < tokens; ++t) {
        for (int64_t i = 0; i < kChannels; ++i) {
          their_input.data[static_cast<size_t>(i * tokens + t)] = input.data[static_cast<size_t>(t * kChannels + i)];
        }
      }
    }
    const Route ours(runtime_, operators_, "edgefleet", "CausalConv1d", {{"activation", "silu"}},
                     {{"input", &input}, {"weight", &weight, true}, {"bias", &bias, true}, {"past_window", &window}}, "past_window",
                     {{"output", &y}, {"present_window", &window}});
    const Route theirs(runtime_, operators_, "com.microsoft", "CausalConvWithState",
                       {{"activation", "silu"}, {"channels_last", int64_t{channels_last}}},
                       {{"input", &their_input}, {"weight", &their_weight, true}, {"bias", &bias, true}, {"past_state", &their_window}},
                       "past_state", {{"output", &their_y}, {"present_state", &their_window}});
    const double work = static_cast<double>(tokens * kChannels);
    Compare("CausalConv1d 1792 channels, width 4",
            channels_last ? "com.microsoft.CausalConvWithState channels_last" : "com.microsoft.CausalConvWithState", tokens, ours, theirs,
            work * kWidth, 4.0 * 2.0 * work, channels_last ? 0 : tokens);
  }

 private:
  /// Largest difference over the RMS; `transposed` is the number of tokens when the other output is [channels, tokens].
  static double Difference(const Tensor& ours, const Tensor& theirs, int64_t transposed) {
    double squares = 0;
    double greatest = 0;
    const auto size = static_cast<int64_t>(ours.data.size());
    for (int64_t i = 0; i < size; ++i) {
      const int64_t channels = transposed == 0 ? 1 : size / transposed;
      const int64_t other = transposed == 0 ? i : i % channels * transposed + i / channels;
      const double value = theirs.data[static_cast<size_t>(other)];
      squares += value * value;
      greatest = std::max(greatest, std::fabs(ours.data[static_cast<size_t>(i)] - value));
    }
    return greatest / std::sqrt(squares / static_cast<double>(size));
  }

  void Compare(const std::string& name, const std::string& other, int64_t tokens, const Route& ours, const Route& theirs,
               double multiply_adds, double bytes, int64_t transposed = 0) const {
    const double difference = Difference(ours.RunFromZero(), theirs.RunFromZero(), transposed);
    if (!(difference < 1e-4)) throw std::runtime_error(name + " differs from " + other + " by " + std::to_string(difference));
    // Short calls are repeated within a measurement, so that the clock's resolution and one late wake-up count for little.
    const int calls = std::max(1, static_cast<int>(512 / tokens));
    std::vector<double> a, b, ratio, fma, read;
    for (int i = -2; i < pairs_; ++i) {
      double mine = 0;
      double other_time = 0;
      for (int side = 0; side < 2; ++side) {
        const bool first = (side == 0) == (i % 2 == 0);
        double total = 0;
        for (int call = 0; call < calls; ++call) total += (first ? ours : theirs).Seconds();
        (first ? mine : other_time) = total / calls;
      }
      if (i < 0) continue;
      a.push_back(mine);
      b.push_back(other_time);
      ratio.push_back(other_time / mine);
      if (i % 8 == 0) {
        // The pool's threads spin for a while after a call; the probes need the cores for themselves.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fma.push_back(fma_flops_(kThreads, 1) / 2e9);
        read.push_back(read_bandwidth_(kThreads, size_t{128} << 20, 1) / 1e9);
      }
    }
    const double seconds = Quantile(a, 0.5);
    std::printf(
        "{\"case\":\"%s\",\"tokens\":%lld,\"against\":\"%s\",\"us\":%.2f,\"us_q1\":%.2f,\"us_q3\":%.2f,\"against_us\":%.2f,"
        "\"against_us_q1\":%.2f,\"against_us_q3\":%.2f,\"speedup\":%.2f,\"speedup_q1\":%.2f,\"speedup_q3\":%.2f,"
        "\"gmac_per_s\":%.2f,\"probe_gmac_per_s\":%.1f,\"gb_per_s\":%.2f,\"probe_read_gb_per_s\":%.1f,\"difference\":%.1e,\"pairs\":%d}\n",
        name.c_str(), static_cast<long long>(tokens), other.c_str(), seconds * 1e6, Quantile(a, 0.25) * 1e6, Quantile(a, 0.75) * 1e6,
        Quantile(b, 0.5) * 1e6, Quantile(b, 0.25) * 1e6, Quantile(b, 0.75) * 1e6, Quantile(ratio, 0.5), Quantile(ratio, 0.25),
        Quantile(ratio, 0.75), multiply_adds / seconds / 1e9, Quantile(fma, 0.5), bytes / seconds / 1e9, Quantile(read, 0.5), difference,
        pairs_);
    std::fflush(stdout);
  }

  const Runtime& runtime_;
  const char* operators_;
  int pairs_;
  double (*read_bandwidth_)(int, size_t, int);
  double (*fma_flops_)(int, int);
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: %s LIBONNXRUNTIME LIBEDGEFLEET_OPS [pairs]\n", arguments[0]);
    return 2;
  }
  try {
    const Runtime runtime(arguments[1], kThreads);
    const Benchmark benchmark(runtime, arguments[2], count > 3 ? std::atoi(arguments[3]) : 41);
    for (const int64_t tokens : {1, 64, 512}) benchmark.StateSpaceDual(tokens);
    for (const int64_t tokens : {1, 64, 512}) benchmark.SelectiveScan(tokens);
    for (const int64_t tokens : {1, 64, 512}) benchmark.CausalConv1d(tokens, false);
    for (const int64_t tokens : {1, 64, 512}) benchmark.CausalConv1d(tokens, true);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
