#include <string>
#include <type_traits>
#include <vector>

#include "causal_conv/causal_conv.h"
#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"

namespace edgefleet::bench {
namespace {

using cuda::CausalConvArguments;

struct ConvCase {
  int64_t batch = 1;
  int64_t length = 1;
  int64_t channels = 1;
  int width = 4;
  /// Channels in front of what is read; the input is then also wider than it needs to be.
  int offset = 0;
  bool silu = true;
  bool in_place = false;
};

template <typename T>
std::string Dimensions(const ConvCase& c) {
  return std::string(TypeName<T>()) + " B" + std::to_string(c.batch) + " C" + std::to_string(c.channels) +
         " W" + std::to_string(c.width) + (c.silu ? " silu" : "") + (c.offset > 0 ? " packed" : "") + (c.in_place ? " in-place" : "");
}

template <typename T>
class ConvData {
 public:
  ConvData(const ConvCase& c, uint64_t seed) {
    const size_t tokens = static_cast<size_t>(c.batch * c.length);
    const size_t channels = static_cast<size_t>(c.channels);
    const size_t stride = channels + 2 * static_cast<size_t>(c.offset);
    input_ = RandomArray<T>(tokens * stride, seed + 1);
    weight_ = RandomArray<float>(channels * static_cast<size_t>(c.width), seed + 2);
    bias_ = RandomArray<float>(channels, seed + 3);
    past_ = RandomArray<T>(static_cast<size_t>(c.batch * (c.width - 1)) * channels, seed + 4);
    output_ = DeviceArray<T>(tokens * channels);
    if (!c.in_place) present_ = DeviceArray<T>(past_.size());
    output_.Poison();
    present_.Poison();
    arguments = {input_.data() + c.offset, static_cast<int64_t>(stride), weight_.data(), bias_.data(), past_.data(), output_.data(),
                 c.in_place ? past_.data() : present_.data(), c.batch, c.length, c.channels, c.width, c.silu, false};
  }

  /// The same arguments with pointers to copies in host memory, for the oracle.
  CausalConvArguments<T> OnHost(const ConvCase& c) {
    input_host_ = input_.ToHost();
    weight_host_ = weight_.ToHost();
    bias_host_ = bias_.ToHost();
    past_host_ = past_.ToHost();
    CausalConvArguments<T> host = arguments;
    host.input = input_host_.data() + c.offset;
    host.weight = weight_host_.data();
    host.bias = bias_host_.data();
    host.past_window = past_host_.data();
    return host;
  }

  const DeviceArray<T>& output() const { return output_; }
  const DeviceArray<T>& present() const { return present_.size() > 0 ? present_ : past_; }

  CausalConvArguments<T> arguments;

 private:
  DeviceArray<T> input_, past_, output_, present_;
  DeviceArray<float> weight_, bias_;
  std::vector<T> input_host_, past_host_;
  std::vector<float> weight_host_, bias_host_;
};

template <typename T>
__global__ void ConvReferenceKernel(const CausalConvArguments<T> p, double* y, double* window) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (index < p.batch * p.channels) ConvReference(p, index, y, window);
}

template <typename T>
void CheckCase(Report& report, const ConvCase& c, uint64_t seed) {
  constexpr int64_t kHostWork = 2'000'000;
  const double tolerance = std::is_same_v<T, float> ? 1e-5 : 1e-3;
  ConvData<T> data(c, seed);
  DeviceArray<double> y(data.output().size());
  DeviceArray<double> window(data.present().size());
  const int64_t threads = c.batch * c.channels;
  if (static_cast<int64_t>(y.size()) * c.width <= kHostWork) {
    const auto host = data.OnHost(c);
    std::vector<double> y_host(y.size());
    std::vector<double> window_host(window.size());
    for (int64_t i = 0; i < threads; ++i) ConvReference(host, i, y_host.data(), window_host.data());
    EDGEFLEET_CUDA(cudaMemcpy(y.data(), y_host.data(), y.bytes(), cudaMemcpyHostToDevice));
    if (window.size() > 0) EDGEFLEET_CUDA(cudaMemcpy(window.data(), window_host.data(), window.bytes(), cudaMemcpyHostToDevice));
  } else {
    EDGEFLEET_CUDA(cuda::Launch(ConvReferenceKernel<T>, dim3(static_cast<unsigned>((threads + 31) / 32)), dim3(32), 0, nullptr,
                                data.arguments, y.data(), window.data()));
  }
  EDGEFLEET_CUDA(cuda::CausalConv(data.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("CausalConv1d", Dimensions<T>(c), c.length, WorstError(data.output(), y, c.batch, c.length, c.channels), tolerance);
  report.Check("CausalConv1d", Dimensions<T>(c) + " window", c.length, WholeError(data.present(), window), 0.0);
}

template <typename T>
void TimeCase(Report& report, const Machine& machine, const ConvCase& c) {
  const double bytes = 2.0 * sizeof(T) * static_cast<double>(c.batch * c.channels) * static_cast<double>(c.length + c.width - 1);
  std::vector<ConvData<T>> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  ReportTime(report, machine, "CausalConv1d", Dimensions<T>(c), c.length, bytes, 0.0, [&](int i, cudaStream_t stream) {
    return cuda::CausalConv(sets[static_cast<size_t>(i) % sets.size()].arguments, stream);
  });
}

template <typename T>
void CheckSizes(Report& report, const Machine& machine) {
  uint64_t seed = 300;
  for (const int64_t length : {1, 2, 3, 4, 15, 16, 17, 33, 64, 65, 200, 1000}) {
    CheckCase<T>(report, {2, length, 48, 4, 0, true, true}, seed += 100);
    CheckCase<T>(report, {1, length, 37, 4, 5, false, true}, seed += 100);
    CheckCase<T>(report, {2, length, 40, 3, 8, true, false}, seed += 100);
    CheckCase<T>(report, {1, length, 11, 16, 1, true, true}, seed += 100);
    CheckCase<T>(report, {1, length, 24, 7, 0, true, true}, seed += 100);
    CheckCase<T>(report, {1, length, 24, 1, 0, true, false}, seed += 100);
  }
  if (machine.small_only) return;
  CheckCase<T>(report, {1, 65536, 4096, 4, 0, true, true}, seed += 100);
  CheckCase<T>(report, {3, 5001, 1792, 4, 64, true, true}, seed += 100);
  CheckCase<T>(report, {1, 220000, 256, 4, 0, true, true}, seed += 100);
}

}  // namespace

void CheckCausalConv(Report& report, const Machine& machine) {
  CheckSizes<float>(report, machine);
  CheckSizes<__half>(report, machine);
  CheckSizes<__nv_bfloat16>(report, machine);
}

void TimeCausalConv(Report& report, const Machine& machine) {
  for (const int64_t length : {65536, 8192, 1024, 64, 1}) TimeCase<__half>(report, machine, {1, length, 4096});
  for (const int64_t length : {65536, 8192, 1024, 1}) TimeCase<__half>(report, machine, {1, length, 1536});
  TimeCase<__half>(report, machine, {1, 57344, 3328});
  TimeCase<__half>(report, machine, {1, 220000, 1792});
  for (const int64_t length : {65536, 8192, 1}) TimeCase<__nv_bfloat16>(report, machine, {1, length, 4096});
  TimeCase<float>(report, machine, {1, 8192, 4096});
}

}  // namespace edgefleet::bench
