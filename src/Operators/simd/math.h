// Elementary functions on vectors. Relative errors (measured by tests/simd_math_test.cc) are about 1e-7 unless said otherwise.
// Polynomials are interpolations of the named function at the Chebyshev nodes of the stated interval.
#pragma once

#include "simd/floats.h"

namespace edgefleet::EDGEFLEET_ISA {

/// The sum of coefficients[i] * x^i.
template <int kCount>
EDGEFLEET_INLINE Floats Polynomial(Floats x, const float (&coefficients)[kCount]) {
  Floats sum = Floats::All(coefficients[kCount - 1]);
#pragma GCC unroll 16
  for (int i = kCount - 2; i >= 0; --i) sum = MulAdd(sum, x, Floats::All(coefficients[i]));
  return sum;
}

/// 2^r for r in [-1/2, 1/2]. The polynomial (2^r - 1) / r is off by 5e-9.
EDGEFLEET_INLINE Floats Exp2OfFraction(Floats r) {
  constexpr float kCoefficients[] = {6.931471880e-01f, 2.402265076e-01f, 5.550357114e-02f,
                                     9.618082557e-03f, 1.339086336e-03f, 1.545316295e-04f};
  return MulAdd(r, Polynomial(r, kCoefficients), Floats::All(1.0f));
}

/// 2^x for x <= 127, to 0 for very negative x and for -infinity.
EDGEFLEET_INLINE Floats Exp2(Floats x) {
  x = Max(x, Floats::All(-160.0f));
  const Floats n = Round(x);
  return ScaleByPowerOfTwo(Exp2OfFraction(x - n), n);
}

/// e^x; 0 below -110, infinity above 89. The polynomial (e^r - 1 - r) / r^2 on [-ln2 / 2, ln2 / 2] is off by 1e-8.
EDGEFLEET_INLINE Floats Exp(Floats x) {
  constexpr float kCoefficients[] = {5.000000000e-01f, 1.666657702e-01f, 4.166655465e-02f, 8.363174180e-03f, 1.392617750e-03f};
  // ln 2 in two parts (Cody and Waite): the first has few bits, so that n times it is exact.
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  x = Max(Min(x, Floats::All(100.0f)), Floats::All(-110.0f));
  const Floats n = Round(x * Floats::All(1.44269504f));
  const Floats r = NegMulAdd(n, Floats::All(kLn2Low), NegMulAdd(n, Floats::All(kLn2High), x));
  const Floats p = MulAdd(r * r, Polynomial(r, kCoefficients), r);
  return ScaleByPowerOfTwo(p + Floats::All(1.0f), n);
}

/// 1 / (1 + e^-x)
EDGEFLEET_INLINE Floats Sigmoid(Floats x) { return Floats::All(1.0f) / (Floats::All(1.0f) + Exp(-x)); }

/// x / (1 + e^-x)
EDGEFLEET_INLINE Floats Silu(Floats x) { return x / (Floats::All(1.0f) + Exp(-x)); }

/// ln(1 + e^x), as max(x, 0) + log1p(u) with u = e^-|x|; log1p(u) = 2 artanh(u / (2 + u)), whose series in the square of its
/// argument (at most 1/9) is off by 4e-10.
EDGEFLEET_INLINE Floats Softplus(Floats x) {
  constexpr float kCoefficients[] = {3.333333366e-01f, 1.999985317e-01f, 1.429617900e-01f, 1.085328790e-01f, 1.161216461e-01f};
  const Floats u = Exp(-Abs(x));
  const Floats s = u / (u + Floats::All(2.0f));
  const Floats z = s * s;
  const Floats twice = s + s;
  return Max(x, Floats::Zero()) + MulAdd(twice * z, Polynomial(z, kCoefficients), twice);
}

/// 1 - erf(|x|), to an absolute error of 2e-7: e^(-x^2) t p(t), t = 1 / (1 + 0.4 |x|).
EDGEFLEET_INLINE Floats ErfcOfMagnitude(Floats x) {
  constexpr float kCoefficients[] = {2.256953552e-01f, 2.251710620e-01f,  2.131680620e-01f, 1.374458900e-01f, 2.509388424e-01f,
                                     -2.476828772e-01f, 5.066439186e-01f, -4.707110906e-01f, 1.871003220e-01f, -2.776947986e-02f};
  const Floats magnitude = Abs(x);
  const Floats t = Floats::All(1.0f) / MulAdd(magnitude, Floats::All(0.4f), Floats::All(1.0f));
  return Exp(-(magnitude * magnitude)) * t * Polynomial(t, kCoefficients);
}

/// x times the normal distribution function of x, to an absolute error of 3e-7 |x|.
EDGEFLEET_INLINE Floats Gelu(Floats x) {
  const Floats tail = Floats::All(0.5f) * ErfcOfMagnitude(x * Floats::All(0.707106781f));
  // The distribution function is `tail` for negative x and 1 - tail for positive x.
  const Floats half = Floats::All(0.5f);
  return x * (half + CopySign(half - tail, x));
}

/// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as x sigmoid(2 ...).
EDGEFLEET_INLINE Floats GeluTanh(Floats x) {
  const Floats cubic = MulAdd(x * x * x, Floats::All(0.044715f), x);
  return x * Sigmoid(Floats::All(1.595769122f) * cubic);
}

}  // namespace edgefleet::EDGEFLEET_ISA
