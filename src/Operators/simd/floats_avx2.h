#pragma once

#include <immintrin.h>

#include "simd/half.h"

namespace edgefleet::EDGEFLEET_ISA {

struct Floats {
  static constexpr int kLanes = 8;
  static constexpr int kRegisters = 16;

  __m256 v;

  static Floats Zero() { return {_mm256_setzero_ps()}; }
  static Floats All(float x) { return {_mm256_set1_ps(x)}; }
};

#define EDGEFLEET_LOCAL [[gnu::always_inline]] inline

EDGEFLEET_LOCAL __m256i FirstLanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

EDGEFLEET_LOCAL Floats Load(const float* p) { return {_mm256_loadu_ps(p)}; }
EDGEFLEET_LOCAL Floats LoadPartial(const float* p, int n) { return {_mm256_maskload_ps(p, FirstLanes(n))}; }
EDGEFLEET_LOCAL void Store(float* p, Floats a) { _mm256_storeu_ps(p, a.v); }
EDGEFLEET_LOCAL void StorePartial(float* p, Floats a, int n) { _mm256_maskstore_ps(p, FirstLanes(n), a.v); }

EDGEFLEET_LOCAL Floats Load(const Half* p) { return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))}; }
EDGEFLEET_LOCAL Floats LoadPartial(const Half* p, int n) {
  alignas(16) Half lanes[8] = {};
  __builtin_memcpy(lanes, p, static_cast<unsigned>(n) * sizeof(Half));
  return Load(lanes);
}
EDGEFLEET_LOCAL void Store(Half* p, Floats a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
}
EDGEFLEET_LOCAL void StorePartial(Half* p, Floats a, int n) {
  alignas(16) Half lanes[8];
  Store(lanes, a);
  __builtin_memcpy(p, lanes, static_cast<unsigned>(n) * sizeof(Half));
}
EDGEFLEET_LOCAL float LoadScalar(const Half* p) { return _cvtsh_ss(p->bits); }

EDGEFLEET_LOCAL Floats operator+(Floats a, Floats b) { return {_mm256_add_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator-(Floats a, Floats b) { return {_mm256_sub_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator*(Floats a, Floats b) { return {_mm256_mul_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator/(Floats a, Floats b) { return {_mm256_div_ps(a.v, b.v)}; }
/// a * b + c
EDGEFLEET_LOCAL Floats MulAdd(Floats a, Floats b, Floats c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
/// c - a * b
EDGEFLEET_LOCAL Floats NegMulAdd(Floats a, Floats b, Floats c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
EDGEFLEET_LOCAL Floats Max(Floats a, Floats b) { return {_mm256_max_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Min(Floats a, Floats b) { return {_mm256_min_ps(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats SignBits() { return {_mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(0x80000000u)))}; }
EDGEFLEET_LOCAL Floats Abs(Floats a) { return {_mm256_andnot_ps(SignBits().v, a.v)}; }
EDGEFLEET_LOCAL Floats Sqrt(Floats a) { return {_mm256_sqrt_ps(a.v)}; }
/// To the nearest integer, ties to even.
EDGEFLEET_LOCAL Floats Round(Floats a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
/// a * 2^n for integral n: infinity above float's range, zero below it. In two factors, each of which is a normal number.
EDGEFLEET_LOCAL Floats ScaleByPowerOfTwo(Floats a, Floats n) {
  const __m256 limited = _mm256_max_ps(_mm256_min_ps(n.v, _mm256_set1_ps(252.0f)), _mm256_set1_ps(-252.0f));
  const __m256i exponent = _mm256_cvtps_epi32(limited);
  const __m256i half = _mm256_srai_epi32(exponent, 1);
  const __m256i rest = _mm256_sub_epi32(exponent, half);
  const __m256i bias = _mm256_set1_epi32(127);
  const __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const __m256 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return {_mm256_mul_ps(_mm256_mul_ps(a.v, first), second)};
}
/// The magnitude of `a` with the sign of `sign`.
EDGEFLEET_LOCAL Floats CopySign(Floats a, Floats sign) {
  return {_mm256_or_ps(Abs(a).v, _mm256_and_ps(SignBits().v, sign.v))};
}
EDGEFLEET_LOCAL float Sum(Floats a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
EDGEFLEET_LOCAL float GreatestLane(Floats a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

#undef EDGEFLEET_LOCAL

}  // namespace edgefleet::EDGEFLEET_ISA
