#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::bench {
namespace {

using cuda::StateSpaceDualArguments;
using cuda::StateSpaceDualRoute;

struct DualCase {
  int64_t batch = 1;
  int64_t length = 1;
  int heads = 64;
  int head_size = 64;
  int groups = 1;
  int states = 128;
  /// Channels in front of what is read; the inputs are then also wider than they need to be.
  int offset = 0;
  bool gate = false;
  bool in_place = false;
  StateSpaceDualRoute route = StateSpaceDualRoute::kAutomatic;
  /// Pieces of time; 0 leaves them to the kernel.
  int segments = 0;
};

const char* Name(StateSpaceDualRoute route) {
  switch (route) {
    case StateSpaceDualRoute::kAutomatic: return "auto";
    case StateSpaceDualRoute::kRecurrent: return "recurrent";
    case StateSpaceDualRoute::kChunked32: return "chunked32";
    case StateSpaceDualRoute::kChunked64: return "chunked64";
    case StateSpaceDualRoute::kGrouped: return "grouped";
  }
  return "";
}

template <typename T>
std::string Dimensions(const DualCase& c) {
  return std::string(TypeName<T>()) + " B" + std::to_string(c.batch) + " H" + std::to_string(c.heads) + " P" +
         std::to_string(c.head_size) + " G" + std::to_string(c.groups) + " N" + std::to_string(c.states) + (c.gate ? " gate" : "") +
         (c.offset > 0 ? " packed" : "") + (c.in_place ? " in-place" : "") + " " + Name(c.route) +
         (c.segments > 0 ? "/" + std::to_string(c.segments) : "");
}

template <typename T>
class DualData {
 public:
  DualData(const DualCase& c, uint64_t seed) {
    const size_t tokens = static_cast<size_t>(c.batch * c.length);
    const size_t channels = static_cast<size_t>(c.heads) * static_cast<size_t>(c.head_size);
    const size_t heads = static_cast<size_t>(c.heads);
    const size_t padding = 2 * static_cast<size_t>(c.offset);
    const size_t narrow = static_cast<size_t>(c.groups) * static_cast<size_t>(c.states) + padding;
    x_ = RandomArray<T>(tokens * (channels + padding), seed + 1);
    dt_ = RandomArray<T>(tokens * (heads + padding), seed + 2, {0.0f, 0.7f});
    b_ = RandomArray<T>(tokens * narrow, seed + 3);
    c_ = RandomArray<T>(tokens * narrow, seed + 4);
    a_ = RandomArray<float>(heads, seed + 5, {1.0f, 1.0f, true});
    d_ = RandomArray<float>(heads, seed + 6);
    bias_ = RandomArray<float>(heads, seed + 7, {-4.0f, 1.0f});
    if (c.gate) z_ = RandomArray<T>(tokens * (channels + padding), seed + 8);
    state_ = RandomArray<float>(static_cast<size_t>(c.batch * c.states) * channels, seed + 9, {0.0f, StateScale(c.length)});
    y_ = DeviceArray<T>(tokens * channels);
    if (!c.in_place) present_ = DeviceArray<float>(state_.size());
    y_.Poison();
    present_.Poison();
    const int64_t wide_stride = static_cast<int64_t>(channels + padding);
    const int64_t narrow_stride = static_cast<int64_t>(narrow);
    arguments = {x_.data() + c.offset, dt_.data() + c.offset, a_.data(), b_.data() + c.offset, c_.data() + c.offset, d_.data(),
                 c.gate ? z_.data() + c.offset : nullptr, bias_.data(), state_.data(), y_.data(),
                 c.in_place ? state_.data() : present_.data(), nullptr, wide_stride, static_cast<int64_t>(heads + padding), narrow_stride,
                 narrow_stride, wide_stride, c.batch, c.length, c.heads, c.head_size, c.groups, c.states, 1e-3f, 3.4028235e38f, true};
    workspace_ = DeviceArray<unsigned char>(cuda::StateSpaceDualWorkspace(arguments, c.route, c.segments));
    workspace_.Poison();
    arguments.workspace = workspace_.data();
  }

  /// The same arguments with pointers to copies in host memory, for the oracle.
  StateSpaceDualArguments<T> OnHost(const DualCase& c) {
    x_host_ = x_.ToHost();
    dt_host_ = dt_.ToHost();
    b_host_ = b_.ToHost();
    c_host_ = c_.ToHost();
    z_host_ = z_.ToHost();
    a_host_ = a_.ToHost();
    d_host_ = d_.ToHost();
    bias_host_ = bias_.ToHost();
    state_host_ = state_.ToHost();
    StateSpaceDualArguments<T> host = arguments;
    host.x = x_host_.data() + c.offset;
    host.dt = dt_host_.data() + c.offset;
    host.b = b_host_.data() + c.offset;
    host.c = c_host_.data() + c.offset;
    host.z = c.gate ? z_host_.data() + c.offset : nullptr;
    host.a = a_host_.data();
    host.d = d_host_.data();
    host.dt_bias = bias_host_.data();
    host.past_state = state_host_.data();
    return host;
  }

  const DeviceArray<T>& y() const { return y_; }
  const DeviceArray<float>& present() const { return present_.size() > 0 ? present_ : state_; }

  StateSpaceDualArguments<T> arguments;

 private:
  DeviceArray<T> x_, dt_, b_, c_, z_, y_;
  DeviceArray<float> a_, d_, bias_, state_, present_;
  DeviceArray<unsigned char> workspace_;
  std::vector<T> x_host_, dt_host_, b_host_, c_host_, z_host_;
  std::vector<float> a_host_, d_host_, bias_host_, state_host_;
};

template <typename T>
__global__ void DualReferenceKernel(const StateSpaceDualArguments<T> p, double* y, double* state) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index < p.batch * p.heads * p.head_size) DualReference(p, index, y, state);
}

template <typename T>
void CheckCase(Report& report, const DualCase& c, uint64_t seed) {
  constexpr int64_t kHostWork = 8'000'000;
  // With 16-bit operands the worst of some 1e8 outputs, each a sum of rounded products, lies further out than that of a few.
  constexpr int64_t kManyOutputs = 100'000'000;
  const bool many = c.batch * c.length * c.heads * c.head_size > kManyOutputs;
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : kCoarseness<T> * (many ? 3e-2 : 2.5e-2);
  const double state_tolerance = std::is_same_v<T, float> ? 1e-5 : kCoarseness<T> * 5e-3;
  // The tensor cores take the steps' weights multiplied into B, and M, rounded to T: a result that one product dominates is off by
  // that.
  const double operand_rounding = std::is_same_v<T, float> ? 0.0 : OutputRounding(T{});
  DualData<T> data(c, seed);
  const int64_t channels = static_cast<int64_t>(c.heads) * c.head_size;
  const size_t outputs = static_cast<size_t>(c.batch * c.length * channels);
  DeviceArray<double> y(outputs);
  DeviceArray<double> state(static_cast<size_t>(c.batch * c.states * channels));
  const int64_t threads = c.batch * channels;
  if (static_cast<int64_t>(outputs) * c.states <= kHostWork) {
    const auto host = data.OnHost(c);
    std::vector<double> y_host(y.size());
    std::vector<double> state_host(state.size());
    for (int64_t i = 0; i < threads; ++i) DualReference(host, i, y_host.data(), state_host.data());
    EDGEFLEET_CUDA(cudaMemcpy(y.data(), y_host.data(), y.bytes(), cudaMemcpyHostToDevice));
    EDGEFLEET_CUDA(cudaMemcpy(state.data(), state_host.data(), state.bytes(), cudaMemcpyHostToDevice));
  } else {
    EDGEFLEET_CUDA(cuda::Launch(DualReferenceKernel<T>, dim3(static_cast<unsigned>((threads + 31) / 32)), dim3(32), 0, nullptr,
                                data.arguments, y.data(), state.data()));
  }
  const cudaError_t launched = cuda::StateSpaceDual(data.arguments, nullptr, c.route, c.segments);
  if (launched == cudaErrorInvalidConfiguration && c.route != StateSpaceDualRoute::kAutomatic) {
    std::printf("not run: %s does not fit this device\n", Dimensions<T>(c).c_str());
    return;
  }
  EDGEFLEET_CUDA(launched);
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("StateSpaceDual", Dimensions<T>(c), c.length, WorstError(data.y(), y, c.batch, c.length, channels, operand_rounding), tolerance);
  report.Check("StateSpaceDual", Dimensions<T>(c) + " state", c.length, WholeError(data.present(), state, operand_rounding), state_tolerance);
}

template <typename T>
void TimeCase(Report& report, const Machine& machine, const DualCase& c) {
  constexpr double kChunk = 64.0;
  const double tokens = static_cast<double>(c.batch * c.length);
  const double channels = static_cast<double>(c.heads) * c.head_size;
  const double bytes =
      tokens * sizeof(T) * (channels * (c.gate ? 3.0 : 2.0) + 2.0 * c.groups * c.states + c.heads) + 8.0 * channels * c.states * c.batch;
  // Of the chunked form: C B^T once a group, M x, C S and B^T w.
  const double operations =
      c.length == 1 ? 5.0 * tokens * channels * c.states
                    : tokens * (kChunk * c.groups * c.states + kChunk * channels + 4.0 * channels * c.states);
  std::vector<DualData<T>> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  if (c.route != StateSpaceDualRoute::kAutomatic &&
      cuda::StateSpaceDual(sets[0].arguments, nullptr, c.route, c.segments) == cudaErrorInvalidConfiguration) {
    std::printf("not run: %s does not fit this device\n", Dimensions<T>(c).c_str());
    return;
  }
  ReportTime(report, machine, "StateSpaceDual", Dimensions<T>(c), c.length, bytes, operations, [&](int i, cudaStream_t stream) {
    return cuda::StateSpaceDual(sets[static_cast<size_t>(i) % sets.size()].arguments, stream, c.route, c.segments);
  });
}

template <typename T>
void CheckSizes(Report& report, const Machine& machine) {
  uint64_t seed = 5000;
  for (const int64_t length : {1, 2, 15, 16, 17, 23, 24, 63, 64, 65, 130, 200}) {
    CheckCase<T>(report, {1, length, 2, 64, 1, 128, 0, true, false}, seed += 100);
    CheckCase<T>(report, {2, length, 4, 20, 2, 24, 3, length % 2 == 0, true}, seed += 100);
  }
  CheckCase<T>(report, {1, 70, 3, 40, 1, 256, 0, true, true}, seed += 100);
  if (!machine.small_only) {
    for (const int64_t length : {1000, 8192}) CheckCase<T>(report, {1, length, 48, 64, 1, 128, 0, true, true}, seed += 100);
    CheckCase<T>(report, {2, 2049, 24, 64, 2, 128, 16, false, true}, seed += 100);
  }
}

/// The routes of the tensor cores.
template <typename T>
void CheckRoutes(Report& report, const Machine& machine) {
  uint64_t seed = 9000;
  for (const auto route : {StateSpaceDualRoute::kChunked32, StateSpaceDualRoute::kChunked64, StateSpaceDualRoute::kGrouped}) {
    for (const int states : {64, 128, 256}) {
      if (route != StateSpaceDualRoute::kChunked32 && states == 256) continue;
      CheckCase<T>(report, {2, 150, 4, 64, 2, states, 8, true, true, route}, seed += 100);
      CheckCase<T>(report, {1, 64, 2, 128, 1, states, 0, false, false, route}, seed += 100);
      for (const int segments : {1, 2, 3, 7}) {
        CheckCase<T>(report, {2, 389, 4, 64, 2, states, 0, segments % 2 == 1, true, route, segments}, seed += 100);
        CheckCase<T>(report, {1, 512, 2, 64, 1, states, 8, segments % 2 == 0, false, route, segments}, seed += 100);
      }
    }
  }
  CheckCase<T>(report, {1, 1, 2, 64, 1, 128, 0, true, true, StateSpaceDualRoute::kChunked32}, seed += 100);
  for (const int64_t length : {1, 63, 65, 321}) {
    CheckCase<T>(report, {2, length, 7, 64, 1, 128, 8, length % 2 == 0, false, StateSpaceDualRoute::kGrouped}, seed += 100);
    CheckCase<T>(report, {1, length, 15, 64, 3, 64, 0, true, true, StateSpaceDualRoute::kGrouped}, seed += 100);
  }
  if (machine.small_only) return;
  CheckCase<T>(report, {1, 65536, 64, 64, 1, 128, 0, false, true}, seed += 100);
  CheckCase<T>(report, {1, 220000, 24, 64, 1, 128, 0, true, false}, seed += 100);
}

}  // namespace

void CheckStateSpaceDual(Report& report, const Machine& machine) {
  CheckSizes<float>(report, machine);
  CheckSizes<__half>(report, machine);
  CheckSizes<__nv_bfloat16>(report, machine);
  CheckRoutes<__half>(report, machine);
  CheckRoutes<__nv_bfloat16>(report, machine);
}

void TimeStateSpaceDual(Report& report, const Machine& machine) {
  constexpr StateSpaceDualRoute kChunkedRoutes[] = {StateSpaceDualRoute::kChunked32, StateSpaceDualRoute::kChunked64, StateSpaceDualRoute::kGrouped};
  for (const int64_t length : {65536, 8192, 1024}) {
    TimeCase<__half>(report, machine, {1, length});
    TimeCase<__nv_bfloat16>(report, machine, {1, length});
    for (const auto route : kChunkedRoutes) {
      for (const int segments : {1, 2, 4, 8}) {
        DualCase c{1, length};
        c.route = route;
        c.segments = segments;
        TimeCase<__half>(report, machine, c);
      }
    }
  }
  // Where one way begins to be shorter than another.
  for (const int64_t length : {2, 4, 8, 12, 16, 24, 32, 64, 128, 256, 512, 1024}) {
    DualCase c{1, length, 48};
    TimeCase<__half>(report, machine, c);
    if (length <= 64) {
      c.route = StateSpaceDualRoute::kRecurrent;
      TimeCase<__half>(report, machine, c);
    }
    for (const auto route : kChunkedRoutes) {
      c.route = route;
      TimeCase<__half>(report, machine, c);
    }
  }
  for (const int64_t length : {1, 2048, 32768, 57344, 220000}) TimeCase<__half>(report, machine, {1, length, 48});
  TimeCase<__half>(report, machine, {1, 57344, 24});
  TimeCase<__half>(report, machine, {1, 57344, 48, 64, 1, 128, 0, true});
  TimeCase<__half>(report, machine, {1, 8192, 24, 64, 1, 256});
  TimeCase<__half>(report, machine, {1, 8192, 64, 64, 1, 64});
  TimeCase<__half>(report, machine, {8, 1024, 48});
  for (const int64_t length : {1, 128, 8192, 57344}) TimeCase<__nv_bfloat16>(report, machine, {1, length, 48});
  for (const int64_t length : {1, 8192}) TimeCase<float>(report, machine, {1, length, 48});
}

}  // namespace edgefleet::bench
