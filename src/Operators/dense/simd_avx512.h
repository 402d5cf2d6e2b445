// Vectors of 16 floats for the dense kernels: AVX-512 (F, BW, DQ, VL).
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace edgefleet::EDGEFLEET_ISA {

struct DenseVector {
  using Vector = __m512;
  static constexpr size_t kLanes = 16;
  // 14 x 2 accumulators, two vectors of the panel and the broadcast leave one register of 32 free.
  static constexpr size_t kTileRows = 14;
  static constexpr size_t kTileVectors = 2;
  // 4 weight rows x 6 activation rows of accumulators for products with few rows.
  static constexpr size_t kFewRows = 6;

  static __mmask16 Mask(size_t count) { return static_cast<__mmask16>((1u << count) - 1u); }
  static Vector Zero() { return _mm512_setzero_ps(); }
  static Vector Set(float value) { return _mm512_set1_ps(value); }
  static Vector Load(const float* p) { return _mm512_loadu_ps(p); }
  static Vector LoadPartial(const float* p, size_t count) { return _mm512_maskz_loadu_ps(Mask(count), p); }
  static void Store(float* p, Vector v) { _mm512_storeu_ps(p, v); }
  static void StorePartial(float* p, Vector v, size_t count) { _mm512_mask_storeu_ps(p, Mask(count), v); }
  static Vector Add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  static Vector Subtract(Vector a, Vector b) { return _mm512_sub_ps(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm512_mul_ps(a, b); }
  static Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  static Vector Max(Vector a, Vector b) { return _mm512_max_ps(a, b); }
  static float Sum(Vector v) { return _mm512_reduce_add_ps(v); }
  static float Largest(Vector v) { return _mm512_reduce_max_ps(v); }

  // Sums of four vectors as four neighbouring floats.
  static __m128 Sum4(Vector a, Vector b, Vector c, Vector d) {
    const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    const __m512 abcd = _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xee));
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps(abcd, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  }
  static void StoreSum4(float* p, Vector a, Vector b, Vector c, Vector d) { _mm_storeu_ps(p, Sum4(a, b, c, d)); }

  static Vector Round(Vector v) { return _mm512_roundscale_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

  // target[c * stride + r] = source[r * source_stride + c] for r < rows, c < columns, 0 for rows <= r < 16.
  static void Transpose(const float* source, size_t source_stride, size_t rows, size_t columns, float* target, size_t stride) {
    __m512 a[16];
    __m512 b[16];
    const __mmask16 mask = Mask(columns);
#pragma GCC unroll 16
    for (size_t r = 0; r < 16; r++) {
      a[r] = r < rows ? _mm512_maskz_loadu_ps(mask, source + r * source_stride) : _mm512_setzero_ps();
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < 16; i += 2) {
      b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);
      b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 16; i += 4) {
      a[i] = _mm512_shuffle_ps(b[i], b[i + 2], 0x44);
      a[i + 1] = _mm512_shuffle_ps(b[i], b[i + 2], 0xee);
      a[i + 2] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0x44);
      a[i + 3] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
    // a[4 g + c] holds, in 128-bit lane l, column 4 l + c of rows 4 g .. 4 g + 3.
#pragma GCC unroll 4
    for (size_t c = 0; c < 4; c++) {
      b[c] = _mm512_shuffle_f32x4(a[c], a[4 + c], 0x88);
      b[4 + c] = _mm512_shuffle_f32x4(a[c], a[4 + c], 0xdd);
      b[8 + c] = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0x88);
      b[12 + c] = _mm512_shuffle_f32x4(a[8 + c], a[12 + c], 0xdd);
    }
#pragma GCC unroll 4
    for (size_t c = 0; c < 4; c++) {
      a[c] = _mm512_shuffle_f32x4(b[c], b[8 + c], 0x88);
      a[8 + c] = _mm512_shuffle_f32x4(b[c], b[8 + c], 0xdd);
      a[4 + c] = _mm512_shuffle_f32x4(b[4 + c], b[12 + c], 0x88);
      a[12 + c] = _mm512_shuffle_f32x4(b[4 + c], b[12 + c], 0xdd);
    }
#pragma GCC unroll 16
    for (size_t c = 0; c < 16; c++) {
      if (c < columns) {
        _mm512_storeu_ps(target + c * stride, a[c]);
      }
    }
  }
};

}  // namespace edgefleet::EDGEFLEET_ISA
