// StateSpaceDual as docs/operators.md writes it, one element at a time in double precision.
#pragma once

#include "reference/element.h"
#include "reference/result.h"
#include "state_space_dual/kernel.h"

namespace edgefleet::reference {

template <typename T>
Result StateSpaceDual(const StateSpaceDualArguments<T>& a) {
  Result result;
  const int64_t channels = a.heads * a.head_size;
  result.y.resize(static_cast<size_t>(a.batch * a.tokens * channels));
  result.state.assign(a.past_state, a.past_state + a.batch * channels * a.state_size);
  for (int64_t sequence = 0; sequence < a.batch; ++sequence) {
    for (int64_t head = 0; head < a.heads; ++head) {
      const int64_t group = head / (a.heads / a.groups);
      double* state = result.state.data() + (sequence * a.heads + head) * a.state_size * a.head_size;
      for (int64_t t = 0; t < a.tokens; ++t) {
        const int64_t row = sequence * a.tokens + t;
        double dt = Value(a.dt.Row(row)[head]) + (a.dt_bias == nullptr ? 0.0 : a.dt_bias[head]);
        if (a.dt_softplus) dt = Softplus(dt);
        dt = std::fmin(std::fmax(dt, a.dt_min), a.dt_max);
        const double decay = std::exp(dt * a.a[head]);
        for (int64_t p = 0; p < a.head_size; ++p) {
          const double x = Value(a.x.Row(row)[head * a.head_size + p]);
          double y = a.d == nullptr ? 0.0 : a.d[head] * x;
          for (int64_t n = 0; n < a.state_size; ++n) {
            double& s = state[n * a.head_size + p];
            s = decay * s + dt * Value(a.b.Row(row)[group * a.state_size + n]) * x;
            y += Value(a.c.Row(row)[group * a.state_size + n]) * s;
          }
          if (a.z.data != nullptr) y *= Silu(Value(a.z.Row(row)[head * a.head_size + p]));
          result.y[static_cast<size_t>(row * channels + head * a.head_size + p)] = y;
        }
      }
    }
  }
  return result;
}

}  // namespace edgefleet::reference
