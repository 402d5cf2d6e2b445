#include "gated_activation/kernel.h"

#include "simd/math.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// Elements of a task: about 10 us, well above the cost of handing it to a thread.
constexpr int64_t kTaskElements = 8192;

template <typename Activation>
void Run(const GatedActivationArguments& a, const ParallelFor& parallel_for, Activation activation) {
  const int64_t block = Least(a.features, kTaskElements);
  const int64_t blocks = (a.features + block - 1) / block;
  const int64_t task_rows = Greatest(int64_t{1}, kTaskElements / block);
  const int64_t row_groups = (a.rows + task_rows - 1) / task_rows;
  parallel_for(row_groups * blocks, [&](int64_t task) {
    const int64_t first_row = task / blocks * task_rows;
    const int64_t first = task % blocks * block;
    const int64_t end = Least(first + block, a.features);
    for (int64_t row = first_row; row < Least(first_row + task_rows, a.rows); ++row) {
      const float* gate = a.x + row * 2 * a.features;
      const float* value = gate + a.features;
      float* y = a.y + row * a.features;
      for (int64_t i = first; i < end; i += kLanes) {
        const int count = static_cast<int>(Least(int64_t{kLanes}, end - i));
        StoreUpTo(y + i, activation(LoadUpTo(gate + i, count)) * LoadUpTo(value + i, count), count);
      }
    }
  });
}

}  // namespace

void GatedActivation(const GatedActivationArguments& a, const ParallelFor& parallel_for) {
  switch (a.function) {
    case GatedActivationFunction::kSilu: return Run(a, parallel_for, [](Floats x) { return Silu(x); });
    case GatedActivationFunction::kGelu: return Run(a, parallel_for, [](Floats x) { return Gelu(x); });
    case GatedActivationFunction::kGeluTanh: return Run(a, parallel_for, [](Floats x) { return GeluTanh(x); });
  }
}

}  // namespace edgefleet::EDGEFLEET_ISA
