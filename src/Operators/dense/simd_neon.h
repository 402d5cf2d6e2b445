// Vectors of 4 floats for the dense kernels: Advanced SIMD of AArch64.
#pragma once

#include <arm_neon.h>

#include <cstddef>

namespace edgefleet::EDGEFLEET_ISA {

struct DenseVector {
  using Vector = float32x4_t;
  static constexpr size_t kLanes = 4;
  // 8 x 3 accumulators, three vectors of the panel and the broadcast leave four registers of 32 free.
  static constexpr size_t kTileRows = 8;
  static constexpr size_t kTileVectors = 3;
  static constexpr size_t kFewRows = 4;

  static Vector Zero() { return vdupq_n_f32(0.0f); }
  static Vector Set(float value) { return vdupq_n_f32(value); }
  static Vector Load(const float* p) { return vld1q_f32(p); }
  static Vector LoadPartial(const float* p, size_t count) {
    float lanes[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (size_t i = 0; i < count; i++) {
      lanes[i] = p[i];
    }
    return vld1q_f32(lanes);
  }
  static void Store(float* p, Vector v) { vst1q_f32(p, v); }
  static void StorePartial(float* p, Vector v, size_t count) {
    float lanes[4];
    vst1q_f32(lanes, v);
    for (size_t i = 0; i < count; i++) {
      p[i] = lanes[i];
    }
  }
  static Vector Add(Vector a, Vector b) { return vaddq_f32(a, b); }
  static Vector Subtract(Vector a, Vector b) { return vsubq_f32(a, b); }
  static Vector Multiply(Vector a, Vector b) { return vmulq_f32(a, b); }
  static Vector MultiplyAdd(Vector a, Vector b, Vector c) { return vfmaq_f32(c, a, b); }
  static Vector Max(Vector a, Vector b) { return vmaxq_f32(a, b); }
  static float Sum(Vector v) { return vaddvq_f32(v); }
  static float Largest(Vector v) { return vmaxvq_f32(v); }
  static void StoreSum4(float* p, Vector a, Vector b, Vector c, Vector d) {
    vst1q_f32(p, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
  }

  static Vector Round(Vector v) { return vrndnq_f32(v); }

  static void Transpose(const float* source, size_t source_stride, size_t rows, size_t columns, float* target, size_t stride) {
    if (rows == 4 && columns == 4) {
      const float32x4_t a = vld1q_f32(source);
      const float32x4_t b = vld1q_f32(source + source_stride);
      const float32x4_t c = vld1q_f32(source + 2 * source_stride);
      const float32x4_t d = vld1q_f32(source + 3 * source_stride);
      const float64x2_t ab_low = vreinterpretq_f64_f32(vtrn1q_f32(a, b));
      const float64x2_t ab_high = vreinterpretq_f64_f32(vtrn2q_f32(a, b));
      const float64x2_t cd_low = vreinterpretq_f64_f32(vtrn1q_f32(c, d));
      const float64x2_t cd_high = vreinterpretq_f64_f32(vtrn2q_f32(c, d));
      vst1q_f32(target, vreinterpretq_f32_f64(vtrn1q_f64(ab_low, cd_low)));
      vst1q_f32(target + stride, vreinterpretq_f32_f64(vtrn1q_f64(ab_high, cd_high)));
      vst1q_f32(target + 2 * stride, vreinterpretq_f32_f64(vtrn2q_f64(ab_low, cd_low)));
      vst1q_f32(target + 3 * stride, vreinterpretq_f32_f64(vtrn2q_f64(ab_high, cd_high)));
      return;
    }
    for (size_t c = 0; c < columns; c++) {
      for (size_t r = 0; r < 4; r++) {
        target[c * stride + r] = r < rows ? source[r * source_stride + c] : 0.0f;
      }
    }
  }
};

}  // namespace edgefleet::EDGEFLEET_ISA
