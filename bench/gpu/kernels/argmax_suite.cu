// The choice of a token.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "argmax/argmax.h"
#include "kernels/comparison.h"
#include "kernels/device_array.h"
#include "kernels/random_fill.cuh"
#include "kernels/references.cuh"
#include "kernels/suite.h"
#include "kernels/timed_case.h"

namespace edgefleet::bench {
namespace {

using cuda::ArgMaxArguments;

enum class Values { kRandom, kEqual, kInfinite, kNotANumber };

template <typename T>
std::string Dimensions(int64_t columns, Values values) {
  const char* names[] = {"", " equal", " infinite", " nan"};
  return std::string(TypeName<T>()) + " C" + std::to_string(columns) + names[static_cast<int>(values)];
}

/// The index of the greatest, the lowest among equals; -1 - i where element i is the first that is not a number.
template <typename T>
int64_t Expected(const T* row, int64_t columns) {
  int64_t best = 0;
  for (int64_t i = 0; i < columns; ++i) {
    if (std::isnan(Value(row[i]))) return -1 - i;
    if (Value(row[i]) > Value(row[best])) best = i;
  }
  return best;
}

template <typename T>
void CheckCase(Report& report, int64_t rows, int64_t columns, Values values, uint64_t seed) {
  DeviceArray<T> x = RandomArray<T>(static_cast<size_t>(rows * columns), seed, {0.0f, values == Values::kEqual ? 0.0f : 1.0f});
  auto host = x.ToHost();
  if (values == Values::kInfinite || values == Values::kNotANumber) {
    const float extreme = values == Values::kInfinite ? -std::numeric_limits<float>::infinity() : std::nanf("");
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t i = columns / 3; i < columns; i += 2) host[static_cast<size_t>(row * columns + i)] = static_cast<T>(extreme);
    }
    EDGEFLEET_CUDA(cudaMemcpy(x.data(), host.data(), x.bytes(), cudaMemcpyHostToDevice));
  }
  DeviceArray<unsigned char> workspace(cuda::ArgMaxWorkspace(rows));
  workspace.Poison();
  DeviceArray<int64_t> indices(static_cast<size_t>(rows));
  indices.Poison();
  EDGEFLEET_CUDA(cuda::ArgMax(ArgMaxArguments<T>{x.data(), workspace.data(), indices.data(), rows, columns}, nullptr));
  EDGEFLEET_CUDA(cudaDeviceSynchronize());
  double wrong = 0.0;
  const auto found = indices.ToHost();
  for (int64_t row = 0; row < rows; ++row) {
    wrong += found[static_cast<size_t>(row)] != Expected(host.data() + row * columns, columns) ? 1.0 : 0.0;
  }
  report.Check("ArgMax", Dimensions<T>(columns, values), rows, wrong, 0.0);
}

template <typename T>
void CheckSizes(Report& report) {
  uint64_t seed = 9000;
  for (const int64_t rows : {1, 3}) {
    for (const int64_t columns : {1, 2, 33, 255, 1000, 50281}) {
      for (const auto values : {Values::kRandom, Values::kEqual, Values::kInfinite, Values::kNotANumber}) {
        CheckCase<T>(report, rows, columns, values, seed += 10);
      }
    }
  }
}

template <typename T>
void TimeCase(Report& report, const Machine& machine, int64_t columns) {
  const double bytes = sizeof(T) * static_cast<double>(columns);
  std::vector<DeviceArray<T>> x;
  for (int i = BufferSets(machine, bytes); i > 0; --i) x.push_back(RandomArray<T>(static_cast<size_t>(columns), static_cast<uint64_t>(i)));
  DeviceArray<unsigned char> workspace(cuda::ArgMaxWorkspace(1));
  DeviceArray<int64_t> index(1);
  ReportTime(report, machine, "ArgMax", Dimensions<T>(columns, Values::kRandom), 1, bytes, 0.0, [&](int i, cudaStream_t stream) {
    return cuda::ArgMax(ArgMaxArguments<T>{x[static_cast<size_t>(i) % x.size()].data(), workspace.data(), index.data(), 1, columns}, stream);
  });
}

}  // namespace

void CheckArgMax(Report& report, const Machine&) {
  CheckSizes<float>(report);
  CheckSizes<__half>(report);
  CheckSizes<__nv_bfloat16>(report);
}

void TimeArgMax(Report& report, const Machine& machine) {
  for (const int64_t columns : {50288, 151936}) TimeCase<__half>(report, machine, columns);
  TimeCase<__nv_bfloat16>(report, machine, 151936);
}

}  // namespace edgefleet::bench
