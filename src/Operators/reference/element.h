// Elements of either storage type as double.
#pragma once

#include <cmath>

#include "simd/half.h"

namespace edgefleet::reference {

inline double Value(float element) { return element; }

inline double Value(Half element) {
  const int exponent = (element.bits >> 10) & 0x1F;
  const int mantissa = element.bits & 0x3FF;
  const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(0x400 + mantissa, exponent - 25);
  return (element.bits & 0x8000) != 0 ? -magnitude : magnitude;
}

inline double Softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

inline double Silu(double x) { return x / (1.0 + std::exp(-x)); }

}  // namespace edgefleet::reference
