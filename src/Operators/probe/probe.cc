#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "include/edgefleet/operators.h"
#include "linear/product.h"
#include "probe/kernel.h"
#include "probe/probe_threads.h"

namespace edgefleet {
namespace {

constexpr int kMostThreads = 1024;
constexpr int kMostRepeats = 10000;
constexpr size_t kReadPiece = size_t{1} << 20;
constexpr size_t kMatrixSize = 1024;
// About 10 ms of fused multiply-adds.
constexpr size_t kIterations = 4'000'000;

// The best rate of some repeats of `measure`, which does `amount` of work; not a number when that cannot be done.
template <typename Measure>
double Best(int threads, int repeats, const Measure& measure) {
  if (threads < 1 || threads > kMostThreads || repeats < 1 || repeats > kMostRepeats) return std::numeric_limits<double>::quiet_NaN();
  try {
    const ProbeThreads parallel_for(threads);
    double best = 0;
    for (int i = 0; i < repeats; i++) {
      const auto start = std::chrono::steady_clock::now();
      const double amount = measure(parallel_for);
      best = std::max(best, amount / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::quiet_NaN();
  } catch (const std::system_error&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

struct Free {
  void operator()(void* p) const { std::free(p); }
};

}  // namespace
}  // namespace edgefleet

double edgefleet_probe_read_bandwidth(int threads, size_t bytes, int repeats) {
  using namespace edgefleet;
  const size_t pieces = bytes / kReadPiece;
  if (pieces == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::unique_ptr<float, Free> data(static_cast<float*>(std::aligned_alloc(4096, pieces * kReadPiece)));
  if (data == nullptr) return std::numeric_limits<double>::quiet_NaN();
  std::fill_n(data.get(), pieces * kReadPiece / sizeof(float), 1.0f);
  const auto read = SelectProbeRead(CurrentIsa());
  return Best(threads, repeats, [&](const ParallelFor& parallel_for) {
    parallel_for(static_cast<int64_t>(pieces), [&](int64_t piece) {
      volatile float sum = read(data.get() + static_cast<size_t>(piece) * (kReadPiece / sizeof(float)), kReadPiece);
      static_cast<void>(sum);
    });
    return static_cast<double>(pieces * kReadPiece);
  });
}

double edgefleet_probe_matrix_flops(int threads, int repeats) {
  using namespace edgefleet;
  try {
    const std::vector<float> x(kMatrixSize * kMatrixSize, 0.5f);
    const std::vector<float> weight(kMatrixSize * kMatrixSize, 0.25f);
    std::vector<float> y(kMatrixSize * kMatrixSize);
    return Best(threads, repeats, [&](const ParallelFor& parallel_for) {
      LinearProduct({x.data(), weight.data(), nullptr, y.data(), kMatrixSize, kMatrixSize, kMatrixSize}, parallel_for, CurrentIsa());
      return 2.0 * std::pow(static_cast<double>(kMatrixSize), 3);
    });
  } catch (const std::bad_alloc&) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}

double edgefleet_probe_fma_flops(int threads, int repeats) {
  using namespace edgefleet;
  const auto multiply_add = SelectProbeMultiplyAdd(CurrentIsa());
  // Several tasks a thread, so that one that starts late does less.
  const int tasks = 4 * std::clamp(threads, 1, kMostThreads);
  return Best(threads, repeats, [&](const ParallelFor& parallel_for) {
    std::vector<double> operations(static_cast<size_t>(tasks));
    parallel_for(tasks, [&](int64_t task) {
      float sink = 0.0f;
      operations[static_cast<size_t>(task)] = multiply_add(kIterations / 4, &sink);
      volatile float used = sink;
      static_cast<void>(used);
    });
    double sum = 0;
    for (const double count : operations) sum += count;
    return sum;
  });
}
