// RmsNorm as docs/operators.md writes it, one element at a time in double precision. `state` is the output `sum`.
#pragma once

#include "reference/element.h"
#include "reference/result.h"
#include "rms_norm/kernel.h"

namespace edgefleet::reference {

inline Result RmsNorm(const RmsNormArguments& a) {
  Result result;
  result.y.resize(static_cast<size_t>(a.rows * a.channels));
  result.state.resize(result.y.size());
  const int64_t size = a.channels / a.groups;
  for (int64_t row = 0; row < a.rows; ++row) {
    for (int64_t group = 0; group < a.groups; ++group) {
      std::vector<double> values;
      double squares = 0;
      for (int64_t c = group * size; c < (group + 1) * size; ++c) {
        double v = a.x.Row(row)[c];
        if (a.skip != nullptr) v += a.skip[row * a.channels + c];
        result.state[static_cast<size_t>(row * a.channels + c)] = v;
        if (a.gate.data != nullptr && !a.norm_before_gate) v *= Silu(a.gate.Row(row)[c]);
        squares += v * v;
        values.push_back(v);
      }
      for (int64_t i = 0; i < size; ++i) {
        const int64_t c = group * size + i;
        double y = values[static_cast<size_t>(i)] / std::sqrt(squares / static_cast<double>(size) + a.epsilon);
        if (a.weight != nullptr) y *= a.weight[c];
        if (a.gate.data != nullptr && a.norm_before_gate) y *= Silu(a.gate.Row(row)[c]);
        result.y[static_cast<size_t>(row * a.channels + c)] = y;
      }
    }
  }
  return result;
}

}  // namespace edgefleet::reference
