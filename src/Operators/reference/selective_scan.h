// SelectiveScan as docs/operators.md writes it, one element at a time in double precision.
#pragma once

#include "reference/element.h"
#include "reference/result.h"
#include "selective_scan/kernel.h"

namespace edgefleet::reference {

template <typename T>
Result SelectiveScan(const SelectiveScanArguments<T>& a) {
  Result result;
  result.y.resize(static_cast<size_t>(a.batch * a.tokens * a.channels));
  result.state.assign(a.past_state, a.past_state + a.batch * a.state_size * a.channels);
  for (int64_t sequence = 0; sequence < a.batch; ++sequence) {
    for (int64_t d = 0; d < a.channels; ++d) {
      for (int64_t t = 0; t < a.tokens; ++t) {
        const int64_t row = sequence * a.tokens + t;
        const double u = Value(a.u.Row(row)[d]);
        double dt = Value(a.delta.Row(row)[d]) + (a.delta_bias == nullptr ? 0.0 : a.delta_bias[d]);
        if (a.delta_softplus) dt = Softplus(dt);
        double y = a.d == nullptr ? 0.0 : a.d[d] * u;
        for (int64_t n = 0; n < a.state_size; ++n) {
          double& h = result.state[static_cast<size_t>((sequence * a.state_size + n) * a.channels + d)];
          h = std::exp(dt * a.a[n * a.channels + d]) * h + dt * Value(a.b.Row(row)[n]) * u;
          y += Value(a.c.Row(row)[n]) * h;
        }
        if (a.z.data != nullptr) y *= Silu(Value(a.z.Row(row)[d]));
        result.y[static_cast<size_t>(row * a.channels + d)] = y;
      }
    }
  }
  return result;
}

}  // namespace edgefleet::reference
