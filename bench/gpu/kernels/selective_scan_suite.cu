#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "selective_scan/selective_scan.h"

namespace edgefleet::bench {
namespace {

using cuda::SelectiveScanArguments;
using cuda::SelectiveScanRoute;

struct ScanCase {
  int64_t batch = 1;
  int64_t length = 1;
  int channels = 1;
  int states = 16;
  /// Channels in front of what is read; the inputs are then also wider than they need to be.
  int offset = 0;
  bool all_options = true;
  bool in_place = false;
  SelectiveScanRoute route = SelectiveScanRoute::kAutomatic;
  int group = 0;
};

const char* Name(SelectiveScanRoute route) {
  switch (route) {
    case SelectiveScanRoute::kAutomatic: return "auto";
    case SelectiveScanRoute::kStepwise: return "stepwise";
    case SelectiveScanRoute::kSequential2: return "sequential/2";
    case SelectiveScanRoute::kSequential4: return "sequential/4";
    case SelectiveScanRoute::kTimeParallel16x8: return "16x8";
    case SelectiveScanRoute::kTimeParallel16x16: return "16x16";
    case SelectiveScanRoute::kTimeParallel32x8: return "32x8";
    case SelectiveScanRoute::kTimeParallel32x16: return "32x16";
  }
  return "";
}

constexpr SelectiveScanRoute kSequentialRoutes[] = {SelectiveScanRoute::kSequential2, SelectiveScanRoute::kSequential4};
constexpr SelectiveScanRoute kTimeParallelRoutes[] = {SelectiveScanRoute::kTimeParallel16x8, SelectiveScanRoute::kTimeParallel16x16,
                                                      SelectiveScanRoute::kTimeParallel32x8, SelectiveScanRoute::kTimeParallel32x16};

template <typename T>
std::string Dimensions(const ScanCase& c) {
  std::string text = std::string(TypeName<T>()) + " B" + std::to_string(c.batch) + " D" +
                     std::to_string(c.channels) + " N" + std::to_string(c.states) + (c.all_options ? " gate" : "") +
                     (c.offset > 0 ? " packed" : "") + (c.in_place ? " in-place" : "") + " " + Name(c.route);
  if (c.group > 0) text += "/" + std::to_string(c.group);
  return text;
}

template <typename T>
class ScanData {
 public:
  ScanData(const ScanCase& c, uint64_t seed) {
    const size_t tokens = static_cast<size_t>(c.batch * c.length);
    const size_t wide = static_cast<size_t>(c.channels + 2 * c.offset);
    const size_t narrow = static_cast<size_t>(c.states + 2 * c.offset);
    const size_t channels = static_cast<size_t>(c.channels);
    u_ = RandomArray<T>(tokens * wide, seed + 1);
    delta_ = RandomArray<T>(tokens * wide, seed + 2, {c.all_options ? 0.0f : 0.05f, c.all_options ? 0.7f : 0.02f});
    b_ = RandomArray<T>(tokens * narrow, seed + 3);
    c_ = RandomArray<T>(tokens * narrow, seed + 4);
    a_ = RandomArray<float>(static_cast<size_t>(c.states) * channels, seed + 5, {1.0f, 1.0f, true});
    state_ = RandomArray<float>(static_cast<size_t>(c.batch * c.states) * channels, seed + 6, {0.0f, StateScale(c.length)});
    y_ = DeviceArray<T>(tokens * channels);
    if (c.all_options) {
      z_ = RandomArray<T>(tokens * wide, seed + 7);
      d_ = RandomArray<float>(channels, seed + 8);
      bias_ = RandomArray<float>(channels, seed + 9, {-4.0f, 1.0f});
    }
    if (!c.in_place) present_ = DeviceArray<float>(state_.size());
    y_.Poison();
    present_.Poison();
    const int64_t wide_stride = static_cast<int64_t>(wide);
    const int64_t narrow_stride = static_cast<int64_t>(narrow);
    arguments = {u_.data() + c.offset, delta_.data() + c.offset, a_.data(), b_.data() + c.offset, c_.data() + c.offset, d_.data(),
                 c.all_options ? z_.data() + c.offset : nullptr, bias_.data(), state_.data(), y_.data(),
                 c.in_place ? state_.data() : present_.data(), wide_stride, wide_stride, narrow_stride, narrow_stride, wide_stride,
                 c.batch, c.length, c.channels, c.states, c.all_options};
  }

  /// The same arguments with pointers to copies in host memory, for the oracle.
  SelectiveScanArguments<T> OnHost(const ScanCase& c) {
    u_host_ = u_.ToHost();
    delta_host_ = delta_.ToHost();
    b_host_ = b_.ToHost();
    c_host_ = c_.ToHost();
    z_host_ = z_.ToHost();
    a_host_ = a_.ToHost();
    d_host_ = d_.ToHost();
    bias_host_ = bias_.ToHost();
    state_host_ = state_.ToHost();
    SelectiveScanArguments<T> host = arguments;
    host.u = u_host_.data() + c.offset;
    host.delta = delta_host_.data() + c.offset;
    host.b = b_host_.data() + c.offset;
    host.c = c_host_.data() + c.offset;
    host.z = c.all_options ? z_host_.data() + c.offset : nullptr;
    host.a = a_host_.data();
    host.d = c.all_options ? d_host_.data() : nullptr;
    host.delta_bias = c.all_options ? bias_host_.data() : nullptr;
    host.past_state = state_host_.data();
    return host;
  }

  const DeviceArray<T>& y() const { return y_; }
  const DeviceArray<float>& present() const { return present_.size() > 0 ? present_ : state_; }

  SelectiveScanArguments<T> arguments;

 private:
  DeviceArray<T> u_, delta_, b_, c_, z_, y_;
  DeviceArray<float> a_, d_, bias_, state_, present_;
  std::vector<T> u_host_, delta_host_, b_host_, c_host_, z_host_;
  std::vector<float> a_host_, d_host_, bias_host_, state_host_;
};

template <typename T>
__global__ void ScanReferenceKernel(const SelectiveScanArguments<T> p, double* y, double* state) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index < p.batch * p.channels) ScanReference(p, index, y, state);
}

template <typename T>
void CheckCase(Report& report, const ScanCase& c, uint64_t seed) {
  constexpr int64_t kHostWork = 4'000'000;
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 2e-3;
  const double state_tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-3;
  ScanData<T> data(c, seed);
  const size_t outputs = static_cast<size_t>(c.batch * c.length * c.channels);
  DeviceArray<double> y(outputs);
  DeviceArray<double> state(static_cast<size_t>(c.batch * c.states * c.channels));
  const int64_t threads = c.batch * c.channels;
  if (static_cast<int64_t>(outputs) * c.states <= kHostWork) {
    const auto host = data.OnHost(c);
    std::vector<double> y_host(y.size());
    std::vector<double> state_host(state.size());
    for (int64_t i = 0; i < threads; ++i) ScanReference(host, i, y_host.data(), state_host.data());
    EDGEFLEET_CUDA(cudaMemcpy(y.data(), y_host.data(), y.bytes(), cudaMemcpyHostToDevice));
    EDGEFLEET_CUDA(cudaMemcpy(state.data(), state_host.data(), state.bytes(), cudaMemcpyHostToDevice));
  } else {
    EDGEFLEET_CUDA(cuda::Launch(ScanReferenceKernel<T>, dim3(static_cast<unsigned>((threads + 31) / 32)), dim3(32), 0, nullptr,
                                data.arguments, y.data(), state.data()));
  }
  const cudaError_t launched = cuda::SelectiveScan(data.arguments, nullptr, c.route, c.group);
  if (launched == cudaErrorInvalidConfiguration && c.route != SelectiveScanRoute::kAutomatic) {
    std::printf("not run: %s does not fit this device\n", Dimensions<T>(c).c_str());
    return;
  }
  EDGEFLEET_CUDA(launched);
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("SelectiveScan", Dimensions<T>(c), c.length, WorstError(data.y(), y, c.batch, c.length, c.channels), tolerance);
  report.Check("SelectiveScan", Dimensions<T>(c) + " state", c.length, WholeError(data.present(), state), state_tolerance);
}

template <typename T>
void TimeCase(Report& report, const Machine& machine, const ScanCase& c) {
  const double tokens = static_cast<double>(c.batch * c.length);
  const double wide = static_cast<double>(c.channels);
  const double bytes = tokens * sizeof(T) * (wide * (c.all_options ? 4.0 : 3.0) + 2.0 * c.states) + 12.0 * c.states * wide * c.batch;
  const double operations = tokens * wide * (7.0 * c.states + 3.0);
  std::vector<ScanData<T>> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  if (c.route != SelectiveScanRoute::kAutomatic &&
      cuda::SelectiveScan(sets[0].arguments, nullptr, c.route, c.group) == cudaErrorInvalidConfiguration) {
    std::printf("not run: %s does not fit this device\n", Dimensions<T>(c).c_str());
    return;
  }
  ReportTime(report, machine, "SelectiveScan", Dimensions<T>(c), c.length, bytes, operations, [&](int i, cudaStream_t stream) {
    return cuda::SelectiveScan(sets[static_cast<size_t>(i) % sets.size()].arguments, stream, c.route, c.group);
  });
}

template <typename T>
void CheckSizes(Report& report, const Machine& machine) {
  uint64_t seed = 1000;
  for (const int64_t length : {1, 2, 7, 12, 13, 64, 127, 128, 129, 300, 513}) {
    CheckCase<T>(report, {2, length, 40, 16, 0, true, false}, seed += 100);
    CheckCase<T>(report, {1, length, 7, 5, 3, length % 2 == 0, true}, seed += 100);
  }
  for (const auto route : kTimeParallelRoutes) {
    CheckCase<T>(report, {2, 517, 40, 16, 0, true, false, route}, seed += 100);
    CheckCase<T>(report, {1, 300, 33, 40, 1, true, true, route}, seed += 100);
    CheckCase<T>(report, {1, 1, 24, 16, 8, false, true, route}, seed += 100);
  }
  if constexpr (cuda::kIsHalfWidth<T>) {
    for (const auto route : kSequentialRoutes) {
      for (const int64_t length : {1, 3, 31, 32, 33, 63, 95, 128, 129, 517}) {
        CheckCase<T>(report, {2, length, 40, 16, 0, true, length % 2 == 0, route}, seed += 100);
        CheckCase<T>(report, {1, length, 66, 16, 2, length % 2 == 0, true, route}, seed += 100);
      }
    }
  }
  CheckCase<T>(report, {1, 9, 70, 256, 0, true, true, SelectiveScanRoute::kStepwise}, seed += 100);
  CheckCase<T>(report, {1, 40, 70, 100, 0, true, true, SelectiveScanRoute::kStepwise}, seed += 100);
  CheckCase<T>(report, {1, 40, 70, 256, 0, true, true}, seed += 100);
  if (machine.small_only) return;
  if constexpr (cuda::kIsHalfWidth<T>) {
    for (const auto route : kSequentialRoutes) CheckCase<T>(report, {3, 2049, 1536, 16, 16, true, false, route}, 76);
    CheckCase<T>(report, {1, 65536, 4096, 16, 0, true, false}, 77);
    CheckCase<T>(report, {1, 220000, 1536, 16, 0, true, false}, 78);
  }
  for (const int64_t length : {1000, 8192, 65536}) CheckCase<T>(report, {1, length, 1536, 16, 0, true, true}, seed += 100);
  CheckCase<T>(report, {3, 2049, 1536, 16, 16, true, false}, seed += 100);
  for (const auto route : kTimeParallelRoutes) {
    for (const int group : {12, 16, 24, 32}) CheckCase<T>(report, {1, 2500, 768, 16, 0, true, true, route, group}, seed += 100);
    CheckCase<T>(report, {1, 8192, 1536, 16, 0, true, true, route, 12}, seed += 100);
  }
}

}  // namespace

void CheckSelectiveScan(Report& report, const Machine& machine) {
  CheckSizes<float>(report, machine);
  CheckSizes<__half>(report, machine);
  CheckSizes<__nv_bfloat16>(report, machine);
}

void TimeSelectiveScan(Report& report, const Machine& machine) {
  struct Target {
    int channels;
    int64_t length;
    std::vector<int> groups;
  };
  // The variants at the sizes that have targets.
  const Target targets[] = {
      {4096, 65536, {16, 24, 32}}, {1536, 65536, {12, 16}}, {1536, 8192, {12, 16}}, {1536, 1024, {12, 16}}};
  for (const auto& target : targets) {
    TimeCase<__half>(report, machine, {1, target.length, target.channels});
    TimeCase<__nv_bfloat16>(report, machine, {1, target.length, target.channels});
    for (const auto route : kSequentialRoutes) {
      ScanCase c{1, target.length, target.channels};
      c.route = route;
      TimeCase<__half>(report, machine, c);
    }
    for (const auto route : kTimeParallelRoutes) {
      for (const int group : target.groups) {
        ScanCase c{1, target.length, target.channels};
        c.route = route;
        c.group = group;
        TimeCase<__half>(report, machine, c);
      }
    }
  }
  for (const int64_t length : {1, 2, 4, 8, 12, 16, 32, 64, 128, 512, 2048, 32768, 220000}) {
    TimeCase<__half>(report, machine, {1, length, 1536});
  }
  for (const int64_t length : {1, 1024, 8192}) TimeCase<__half>(report, machine, {1, length, 4096});
  TimeCase<__nv_bfloat16>(report, machine, {1, 1, 1536});
  for (const int64_t length : {1, 8192}) TimeCase<float>(report, machine, {1, length, 1536});
  for (const int channels : {2048, 2560, 3072, 5120, 8192}) {
    TimeCase<__half>(report, machine, {1, 8192, channels});
    for (const auto route : kSequentialRoutes) {
      ScanCase c{1, 8192, channels};
      c.route = route;
      TimeCase<__half>(report, machine, c);
    }
  }
  TimeCase<__half>(report, machine, {8, 1024, 1536});
}

}  // namespace edgefleet::bench
