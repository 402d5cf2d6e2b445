#pragma once

#include <cstdint>

#include "simd/half.h"

namespace edgefleet::EDGEFLEET_ISA {

// The compiler's own vectors: SSE2 on x86-64, Advanced SIMD on arm64, plain scalars elsewhere.
typedef float FourFloats __attribute__((vector_size(16)));
typedef int32_t FourInts __attribute__((vector_size(16)));

struct Floats {
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 16;

  FourFloats v;

  static Floats Zero() { return {FourFloats{}}; }
  static Floats All(float x) { return {FourFloats{x, x, x, x}}; }
};

#define EDGEFLEET_LOCAL [[gnu::always_inline]] inline

EDGEFLEET_LOCAL float FloatOfBits(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}
EDGEFLEET_LOCAL uint32_t BitsOfFloat(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Denormal halves are normal floats, so flushing float denormals does not lose them.
EDGEFLEET_LOCAL float LoadScalar(const Half* p) {
  const uint32_t sign = static_cast<uint32_t>(p->bits & 0x8000u) << 16;
  const uint32_t exponent = (p->bits >> 10) & 0x1Fu;
  const uint32_t mantissa = p->bits & 0x3FFu;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  if (exponent == 31) return FloatOfBits(sign | 0x7F800000u | (mantissa << 13));
  return FloatOfBits(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

// To nearest, ties to even.
EDGEFLEET_LOCAL void StoreScalar(Half* p, float value) {
  const uint32_t bits = BitsOfFloat(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  uint32_t half;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u;
  } else if (magnitude >= 0x477FF000u) {
    half = 0x7C00u;
  } else if (magnitude >= 0x38800000u) {
    half = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
  } else {
    // Adding 0.5 aligns the mantissa so that the addition itself rounds to a multiple of 2^-24.
    half = BitsOfFloat(FloatOfBits(magnitude) + 0.5f) - 0x3F000000u;
  }
  p->bits = static_cast<uint16_t>(sign | half);
}

template <typename T>
EDGEFLEET_LOCAL float ReadLane(const T* p);
template <>
EDGEFLEET_LOCAL float ReadLane(const float* p) {
  return *p;
}
template <>
EDGEFLEET_LOCAL float ReadLane(const Half* p) {
  return LoadScalar(p);
}
EDGEFLEET_LOCAL void WriteLane(float* p, float value) { *p = value; }
EDGEFLEET_LOCAL void WriteLane(Half* p, float value) { StoreScalar(p, value); }

EDGEFLEET_LOCAL Floats Load(const float* p) {
  Floats a;
  __builtin_memcpy(&a.v, p, sizeof(a.v));
  return a;
}
EDGEFLEET_LOCAL Floats Load(const Half* p) {
  return {FourFloats{LoadScalar(p), LoadScalar(p + 1), LoadScalar(p + 2), LoadScalar(p + 3)}};
}
template <typename T>
EDGEFLEET_LOCAL Floats LoadPartial(const T* p, int n) {
  Floats a = Floats::Zero();
  for (int i = 0; i < n; ++i) a.v[i] = ReadLane(p + i);
  return a;
}
EDGEFLEET_LOCAL void Store(float* p, Floats a) { __builtin_memcpy(p, &a.v, sizeof(a.v)); }
EDGEFLEET_LOCAL void Store(Half* p, Floats a) {
  for (int i = 0; i < 4; ++i) StoreScalar(p + i, a.v[i]);
}
template <typename T>
EDGEFLEET_LOCAL void StorePartial(T* p, Floats a, int n) {
  for (int i = 0; i < n; ++i) WriteLane(p + i, a.v[i]);
}

EDGEFLEET_LOCAL Floats operator+(Floats a, Floats b) { return {a.v + b.v}; }
EDGEFLEET_LOCAL Floats operator-(Floats a, Floats b) { return {a.v - b.v}; }
EDGEFLEET_LOCAL Floats operator*(Floats a, Floats b) { return {a.v * b.v}; }
EDGEFLEET_LOCAL Floats operator/(Floats a, Floats b) { return {a.v / b.v}; }
/// a * b + c
EDGEFLEET_LOCAL Floats MulAdd(Floats a, Floats b, Floats c) { return {a.v * b.v + c.v}; }
/// c - a * b
EDGEFLEET_LOCAL Floats NegMulAdd(Floats a, Floats b, Floats c) { return {c.v - a.v * b.v}; }
EDGEFLEET_LOCAL Floats Max(Floats a, Floats b) { return {a.v > b.v ? a.v : b.v}; }
EDGEFLEET_LOCAL Floats Min(Floats a, Floats b) { return {a.v < b.v ? a.v : b.v}; }
EDGEFLEET_LOCAL Floats Abs(Floats a) {
  FourInts bits = reinterpret_cast<FourInts>(a.v) & 0x7FFFFFFF;
  return {reinterpret_cast<FourFloats>(bits)};
}
EDGEFLEET_LOCAL Floats Sqrt(Floats a) {
  for (int i = 0; i < 4; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
  return a;
}
/// To the nearest integer, ties to even; magnitudes of 2^22 and more are returned as they are.
EDGEFLEET_LOCAL Floats Round(Floats a) {
  const FourFloats magic = Floats::All(12582912.0f).v;  // 1.5 * 2^23: the addition leaves no bits for a fraction
  const FourFloats rounded = (a.v + magic) - magic;
  return {Abs(a).v < Floats::All(4194304.0f).v ? rounded : a.v};
}
/// a * 2^n for integral n: infinity above float's range, zero below it. In two factors, each of which is a normal number.
EDGEFLEET_LOCAL Floats ScaleByPowerOfTwo(Floats a, Floats n) {
  const Floats limited = Max(Min(n, Floats::All(252.0f)), Floats::All(-252.0f));
  const FourInts exponent = __builtin_convertvector(limited.v, FourInts);
  const FourInts half = exponent >> 1;
  const FourInts rest = exponent - half;
  return {a.v * reinterpret_cast<FourFloats>((half + 127) << 23) * reinterpret_cast<FourFloats>((rest + 127) << 23)};
}
/// The magnitude of `a` with the sign of `sign`.
EDGEFLEET_LOCAL Floats CopySign(Floats a, Floats sign) {
  const FourInts bits = reinterpret_cast<FourInts>(Abs(a).v) | (reinterpret_cast<FourInts>(sign.v) & INT32_MIN);
  return {reinterpret_cast<FourFloats>(bits)};
}
EDGEFLEET_LOCAL float Sum(Floats a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
EDGEFLEET_LOCAL float GreatestLane(Floats a) {
  float greatest = a.v[0];
  for (int i = 1; i < 4; ++i) greatest = a.v[i] > greatest ? a.v[i] : greatest;
  return greatest;
}

#undef EDGEFLEET_LOCAL

}  // namespace edgefleet::EDGEFLEET_ISA
