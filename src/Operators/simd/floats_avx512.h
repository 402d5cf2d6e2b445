#pragma once

#include <immintrin.h>

#include "simd/half.h"

namespace edgefleet::EDGEFLEET_ISA {

struct Floats {
  static constexpr int kLanes = 16;
  /// Rows of a register tile that leave room for one operand (32 registers).
  static constexpr int kRegisters = 32;

  __m512 v;

  static Floats Zero() { return {_mm512_setzero_ps()}; }
  static Floats All(float x) { return {_mm512_set1_ps(x)}; }
};

#define EDGEFLEET_LOCAL [[gnu::always_inline]] inline

EDGEFLEET_LOCAL __mmask16 FirstLanes(int count) { return static_cast<__mmask16>((1u << count) - 1u); }

EDGEFLEET_LOCAL Floats Load(const float* p) { return {_mm512_loadu_ps(p)}; }
EDGEFLEET_LOCAL Floats LoadPartial(const float* p, int n) { return {_mm512_maskz_loadu_ps(FirstLanes(n), p)}; }
EDGEFLEET_LOCAL void Store(float* p, Floats a) { _mm512_storeu_ps(p, a.v); }
EDGEFLEET_LOCAL void StorePartial(float* p, Floats a, int n) { _mm512_mask_storeu_ps(p, FirstLanes(n), a.v); }

EDGEFLEET_LOCAL Floats Load(const Half* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
EDGEFLEET_LOCAL Floats LoadPartial(const Half* p, int n) { return {_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(FirstLanes(n), p))}; }
EDGEFLEET_LOCAL void Store(Half* p, Floats a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
EDGEFLEET_LOCAL void StorePartial(Half* p, Floats a, int n) {
  _mm256_mask_storeu_epi16(p, FirstLanes(n), _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
EDGEFLEET_LOCAL float LoadScalar(const Half* p) { return _cvtsh_ss(p->bits); }

EDGEFLEET_LOCAL Floats operator+(Floats a, Floats b) { return {_mm512_add_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator-(Floats a, Floats b) { return {_mm512_sub_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator*(Floats a, Floats b) { return {_mm512_mul_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator/(Floats a, Floats b) { return {_mm512_div_ps(a.v, b.v)}; }
/// a * b + c
EDGEFLEET_LOCAL Floats MulAdd(Floats a, Floats b, Floats c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
/// c - a * b
EDGEFLEET_LOCAL Floats NegMulAdd(Floats a, Floats b, Floats c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
EDGEFLEET_LOCAL Floats Max(Floats a, Floats b) { return {_mm512_max_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Min(Floats a, Floats b) { return {_mm512_min_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Abs(Floats a) { return {_mm512_abs_ps(a.v)}; }
EDGEFLEET_LOCAL Floats Sqrt(Floats a) { return {_mm512_sqrt_ps(a.v)}; }
/// To the nearest integer, ties to even.
EDGEFLEET_LOCAL Floats Round(Floats a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
/// a * 2^n for integral n: infinity above float's range, zero below it.
EDGEFLEET_LOCAL Floats ScaleByPowerOfTwo(Floats a, Floats n) { return {_mm512_scalef_ps(a.v, n.v)}; }
/// The magnitude of `a` with the sign of `sign`.
EDGEFLEET_LOCAL Floats CopySign(Floats a, Floats sign) {
  const __m512 mask = _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(0x80000000u)));
  return {_mm512_or_ps(_mm512_andnot_ps(mask, a.v), _mm512_and_ps(mask, sign.v))};
}
EDGEFLEET_LOCAL float Sum(Floats a) { return _mm512_reduce_add_ps(a.v); }
EDGEFLEET_LOCAL float GreatestLane(Floats a) { return _mm512_reduce_max_ps(a.v); }

#undef EDGEFLEET_LOCAL

}  // namespace edgefleet::EDGEFLEET_ISA
