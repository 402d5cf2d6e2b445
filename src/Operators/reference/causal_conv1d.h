// CausalConv1d as docs/operators.md writes it, one element at a time in double precision. `state` is the present window.
#pragma once

#include "causal_conv1d/kernel.h"
#include "reference/element.h"
#include "reference/result.h"

namespace edgefleet::reference {

template <typename T>
Result CausalConv1d(const CausalConv1dArguments<T>& a) {
  Result result;
  result.y.resize(static_cast<size_t>(a.batch * a.tokens * a.channels));
  const int64_t window = a.width - 1;
  result.state.resize(static_cast<size_t>(a.batch * window * a.channels));
  for (int64_t sequence = 0; sequence < a.batch; ++sequence) {
    for (int64_t c = 0; c < a.channels; ++c) {
      const auto at = [&](int64_t t) {
        return t < 0 ? Value(a.past_window[(sequence * window + t + window) * a.channels + c])
                     : Value(a.input.Row(sequence * a.tokens + t)[c]);
      };
      for (int64_t t = 0; t < a.tokens; ++t) {
        double y = a.bias == nullptr ? 0.0 : a.bias[c];
        for (int64_t tap = 0; tap < a.width; ++tap) y += a.weight[c * a.width + tap] * at(t - window + tap);
        result.y[static_cast<size_t>((sequence * a.tokens + t) * a.channels + c)] = a.silu ? Silu(y) : y;
      }
      for (int64_t i = 0; i < window; ++i) {
        result.state[static_cast<size_t>((sequence * window + i) * a.channels + c)] = at(a.tokens - window + i);
      }
    }
  }
  return result;
}

}  // namespace edgefleet::reference
