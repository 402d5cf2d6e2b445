#pragma once

#include <arm_neon.h>

#include "simd/half.h"

namespace edgefleet::EDGEFLEET_ISA {

struct Floats {
  static constexpr int kLanes = 4;
  static constexpr int kRegisters = 32;

  float32x4_t v;

  static Floats Zero() { return {vdupq_n_f32(0.0f)}; }
  static Floats All(float x) { return {vdupq_n_f32(x)}; }
};

#define EDGEFLEET_LOCAL [[gnu::always_inline]] inline

EDGEFLEET_LOCAL Floats Load(const float* p) { return {vld1q_f32(p)}; }
EDGEFLEET_LOCAL Floats LoadPartial(const float* p, int n) {
  float lanes[4] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return Load(lanes);
}
EDGEFLEET_LOCAL void Store(float* p, Floats a) { vst1q_f32(p, a.v); }
EDGEFLEET_LOCAL void StorePartial(float* p, Floats a, int n) {
  float lanes[4];
  Store(lanes, a);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}

EDGEFLEET_LOCAL Floats Load(const Half* p) {
  return {vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const uint16_t*>(p))))};
}
EDGEFLEET_LOCAL Floats LoadPartial(const Half* p, int n) {
  Half lanes[4] = {};
  for (int i = 0; i < n; ++i) lanes[i] = p[i];
  return Load(lanes);
}
EDGEFLEET_LOCAL void Store(Half* p, Floats a) {
  vst1_u16(reinterpret_cast<uint16_t*>(p), vreinterpret_u16_f16(vcvt_f16_f32(a.v)));
}
EDGEFLEET_LOCAL void StorePartial(Half* p, Floats a, int n) {
  Half lanes[4];
  Store(lanes, a);
  for (int i = 0; i < n; ++i) p[i] = lanes[i];
}
EDGEFLEET_LOCAL float LoadScalar(const Half* p) {
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(p->bits))), 0);
}

EDGEFLEET_LOCAL Floats operator+(Floats a, Floats b) { return {vaddq_f32(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator-(Floats a, Floats b) { return {vsubq_f32(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator*(Floats a, Floats b) { return {vmulq_f32(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats operator/(Floats a, Floats b) { return {vdivq_f32(a.v, b.v)}; }
/// a * b + c
EDGEFLEET_LOCAL Floats MulAdd(Floats a, Floats b, Floats c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
/// c - a * b
EDGEFLEET_LOCAL Floats NegMulAdd(Floats a, Floats b, Floats c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Max(Floats a, Floats b) { return {vmaxq_f32(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Min(Floats a, Floats b) { return {vminq_f32(a.v, b.v)}; }
EDGEFLEET_LOCAL Floats Abs(Floats a) { return {vabsq_f32(a.v)}; }
EDGEFLEET_LOCAL Floats Sqrt(Floats a) { return {vsqrtq_f32(a.v)}; }
/// To the nearest integer, ties to even.
EDGEFLEET_LOCAL Floats Round(Floats a) { return {vrndnq_f32(a.v)}; }
/// a * 2^n for integral n: infinity above float's range, zero below it. In two factors, each of which is a normal number.
EDGEFLEET_LOCAL Floats ScaleByPowerOfTwo(Floats a, Floats n) {
  const float32x4_t limited = vmaxq_f32(vminq_f32(n.v, vdupq_n_f32(252.0f)), vdupq_n_f32(-252.0f));
  const int32x4_t exponent = vcvtnq_s32_f32(limited);
  const int32x4_t half = vshrq_n_s32(exponent, 1);
  const int32x4_t rest = vsubq_s32(exponent, half);
  const int32x4_t bias = vdupq_n_s32(127);
  const float32x4_t first = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23));
  const float32x4_t second = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23));
  return {vmulq_f32(vmulq_f32(a.v, first), second)};
}
/// The magnitude of `a` with the sign of `sign`.
EDGEFLEET_LOCAL Floats CopySign(Floats a, Floats sign) { return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, a.v)}; }
EDGEFLEET_LOCAL float Sum(Floats a) { return vaddvq_f32(a.v); }
EDGEFLEET_LOCAL float GreatestLane(Floats a) { return vmaxvq_f32(a.v); }

#undef EDGEFLEET_LOCAL

}  // namespace edgefleet::EDGEFLEET_ISA
