#include "rms_norm/kernel.h"

#include "simd/math.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

// Elements of a task: about 10 us.
constexpr int64_t kTaskElements = 16384;

/// One group of channels of one row: `first` is its first channel, `size` their number.
void NormaliseGroup(const RmsNormArguments& a, int64_t row, int64_t first, int64_t size) {
  const float* x = a.x.Row(row) + first;
  const float* gate = a.gate.data == nullptr ? nullptr : a.gate.Row(row) + first;
  const float* skip = a.skip == nullptr ? nullptr : a.skip + row * a.channels + first;
  float* sum = a.sum == nullptr ? nullptr : a.sum + row * a.channels + first;
  float* y = a.y + row * a.channels + first;
  const bool gate_first = gate != nullptr && !a.norm_before_gate;
  const bool gate_last = gate != nullptr && a.norm_before_gate;

  const auto value = [&](int64_t i, int count) {
    Floats v = LoadUpTo(x + i, count);
    if (skip != nullptr) v = v + LoadUpTo(skip + i, count);
    if (sum != nullptr) StoreUpTo(sum + i, v, count);
    if (gate_first) v = v * Silu(LoadUpTo(gate + i, count));
    return v;
  };
  // Two sums, so that an addition need not wait for the one before it. What the second pass needs is kept in y.
  Floats squares[2] = {Floats::Zero(), Floats::Zero()};
  int64_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
#pragma GCC unroll 2
    for (int j = 0; j < 2; ++j) {
      const Floats v = value(i + j * kLanes, kLanes);
      squares[j] = MulAdd(v, v, squares[j]);
      Store(y + i + j * kLanes, v);
    }
  }
  for (; i < size; i += kLanes) {
    const int count = static_cast<int>(Least(int64_t{kLanes}, size - i));
    const Floats v = value(i, count);
    squares[0] = MulAdd(v, v, squares[0]);
    StoreUpTo(y + i, v, count);
  }
  const float mean = Sum(squares[0] + squares[1]) / static_cast<float>(size);
  const Floats scale = Floats::All(1.0f / __builtin_sqrtf(mean + a.epsilon));
  for (i = 0; i < size; i += kLanes) {
    const int count = static_cast<int>(Least(int64_t{kLanes}, size - i));
    Floats v = LoadUpTo(y + i, count) * scale;
    if (a.weight != nullptr) v = v * LoadUpTo(a.weight + first + i, count);
    if (gate_last) v = v * Silu(LoadUpTo(gate + i, count));
    StoreUpTo(y + i, v, count);
  }
}

}  // namespace

void RmsNorm(const RmsNormArguments& a, const ParallelFor& parallel_for) {
  const int64_t task_rows = Greatest(int64_t{1}, kTaskElements / a.channels);
  const int64_t size = a.channels / a.groups;
  parallel_for((a.rows + task_rows - 1) / task_rows, [&](int64_t task) {
    for (int64_t row = task * task_rows; row < Least((task + 1) * task_rows, a.rows); ++row) {
      for (int64_t group = 0; group < a.groups; ++group) NormaliseGroup(a, row, group * size, size);
    }
  });
}

}  // namespace edgefleet::EDGEFLEET_ISA
