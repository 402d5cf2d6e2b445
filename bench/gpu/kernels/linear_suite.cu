// Linear of one and few rows: the kernel of a decode step.
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/comparison.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"
#include "linear/linear.h"

namespace edgefleet::bench {
namespace {

using cuda::LinearArguments;

struct LinearCase {
  int64_t rows = 1;
  int columns = 1;
  int depth = 1;
  bool bias = false;
  /// Elements between the rows of x beyond `depth`.
  int gap = 0;
  bool constant_weight = true;
  /// Deviation of the inputs.
  float scale = 1.0f;
};

template <typename T>
std::string Dimensions(const LinearCase& c) {
  return std::string(TypeName<T>()) + " N" + std::to_string(c.columns) + " K" + std::to_string(c.depth) +
         (c.bias ? " bias" : "") + (c.gap > 0 ? " packed" : "") + (c.constant_weight ? "" : " computed") + (c.scale != 1.0f ? " large" : "");
}

template <typename T>
class LinearData {
 public:
  LinearData(const LinearCase& c, uint64_t seed) {
    const size_t stride = static_cast<size_t>(c.depth + c.gap);
    x = RandomArray<T>(static_cast<size_t>(c.rows) * stride, seed + 1, {0.0f, c.scale});
    weight = RandomArray<T>(static_cast<size_t>(c.columns) * static_cast<size_t>(c.depth), seed + 2, {0.0f, 0.05f});
    if (c.bias) bias = RandomArray<T>(static_cast<size_t>(c.columns), seed + 3);
    y = DeviceArray<T>(static_cast<size_t>(c.rows) * static_cast<size_t>(c.columns));
    y.Poison();
    arguments = {x.data(), static_cast<int64_t>(stride), weight.data(), bias.data(), y.data(), c.rows, c.columns, c.depth, c.constant_weight};
  }

  DeviceArray<T> x, weight, bias, y;
  LinearArguments<T> arguments;
};

template <typename T>
void CheckCase(Report& report, const LinearCase& c, uint64_t seed) {
  const LinearData<T> data(c, seed);
  const auto x = data.x.ToHost();
  const auto weight = data.weight.ToHost();
  const auto bias = data.bias.ToHost();
  std::vector<double> expected(data.y.size());
  for (int64_t row = 0; row < c.rows; ++row) {
    for (int64_t column = 0; column < c.columns; ++column) {
      double sum = c.bias ? Value(bias[static_cast<size_t>(column)]) : 0.0;
      for (int64_t k = 0; k < c.depth; ++k) {
        sum += Value(x[static_cast<size_t>(row * data.arguments.x_stride + k)]) * Value(weight[static_cast<size_t>(column * c.depth + k)]);
      }
      expected[static_cast<size_t>(row * c.columns + column)] = sum;
    }
  }
  DeviceArray<double> reference(expected.size());
  EDGEFLEET_CUDA(cudaMemcpy(reference.data(), expected.data(), reference.bytes(), cudaMemcpyHostToDevice));
  EDGEFLEET_CUDA(cuda::FewRowsLinear(data.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("Linear", Dimensions<T>(c), c.rows, WholeError(data.y, reference), std::is_same_v<T, float> ? 1e-5 : 1e-3);
}

template <typename T>
void CheckBias(Report& report, const LinearCase& c, uint64_t seed) {
  LinearData<T> data(c, seed);
  data.y = RandomArray<T>(data.y.size(), seed + 4);
  data.arguments.y = data.y.data();
  std::vector<double> expected;
  const auto bias = data.bias.ToHost();
  for (const T y : data.y.ToHost()) expected.push_back(Value(y) + Value(bias[expected.size() % bias.size()]));
  DeviceArray<double> reference(expected.size());
  EDGEFLEET_CUDA(cudaMemcpy(reference.data(), expected.data(), reference.bytes(), cudaMemcpyHostToDevice));
  EDGEFLEET_CUDA(cuda::AddBias(data.arguments, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  report.Check("Linear", Dimensions<T>(c) + " added", c.rows, WholeError(data.y, reference), std::is_same_v<T, float> ? 1e-5 : 1e-3);
}

template <typename T>
void CheckSizes(Report& report) {
  uint64_t seed = 7000;
  for (const int64_t rows : {1, 2, 3, 5, 8}) {
    // Odd sizes, rows that are not aligned, a depth of several turns of the loop, one that ends inside a turn.
    CheckCase<T>(report, {rows, 1, 1, true}, seed += 10);
    CheckCase<T>(report, {rows, 7, 5, true}, seed += 10);
    CheckCase<T>(report, {rows, 67, 129, false, 3}, seed += 10);
    CheckCase<T>(report, {rows, 37, 896, true}, seed += 10);
    CheckCase<T>(report, {rows, 131, 4864, false, 8}, seed += 10);
    CheckCase<T>(report, {rows, 300, 1544, true, 0, false}, seed += 10);
    CheckCase<T>(report, {rows, 65, 1000, true, 0, true, 100.0f}, seed += 10);
    // Enough columns for one and for two of a warp on 132 multiprocessors.
    CheckCase<T>(report, {rows, 2113, 64, true}, seed += 10);
    CheckCase<T>(report, {rows, 4225, 72, false}, seed += 10);
    CheckBias<T>(report, {rows, 101, 8, true}, seed += 10);
  }
}

template <typename T>
void TimeCase(Report& report, const Machine& machine, const LinearCase& c) {
  const double bytes = sizeof(T) * (static_cast<double>(c.columns) * c.depth + static_cast<double>(c.rows) * (c.columns + c.depth));
  std::vector<LinearData<T>> sets;
  for (int i = BufferSets(machine, bytes); i > 0; --i) sets.emplace_back(c, static_cast<uint64_t>(i) * 100);
  ReportTime(report, machine, "Linear", Dimensions<T>(c), c.rows, bytes, 2.0 * static_cast<double>(c.rows) * c.columns * c.depth,
             [&](int i, cudaStream_t stream) { return cuda::FewRowsLinear(sets[static_cast<size_t>(i) % sets.size()].arguments, stream); });
}

}  // namespace

void CheckLinear(Report& report, const Machine&) {
  CheckSizes<float>(report);
  CheckSizes<__half>(report);
  CheckSizes<__nv_bfloat16>(report);
}

void TimeLinear(Report& report, const Machine& machine) {
  // Qwen2.5-0.5B: queries, keys and values; output; gate and up; down; head. Mamba2-780m: in and out.
  const std::vector<LinearCase> steps = {{1, 1152, 896, true}, {1, 896, 896},   {1, 9728, 896}, {1, 896, 4864},
                                         {1, 151936, 896},     {1, 6448, 1536}, {1, 1536, 3072}};
  for (const auto& c : steps) TimeCase<__half>(report, machine, c);
  for (const int64_t rows : {2, 4, 8}) TimeCase<__half>(report, machine, {rows, 9728, 896});
  for (const int columns : {9728, 151936}) TimeCase<__nv_bfloat16>(report, machine, {1, columns, 896});
  TimeCase<float>(report, machine, {1, 9728, 896});
}

}  // namespace edgefleet::bench
