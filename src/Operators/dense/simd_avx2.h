// Vectors of 8 floats for the dense kernels: AVX2 with FMA.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace edgefleet::EDGEFLEET_ISA {

struct DenseVector {
  using Vector = __m256;
  static constexpr size_t kLanes = 8;
  // 6 x 2 accumulators, two vectors of the panel and the broadcast fill 15 of 16 registers.
  static constexpr size_t kTileRows = 6;
  static constexpr size_t kTileVectors = 2;
  static constexpr size_t kFewRows = 2;

  static __m256i Mask(size_t count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), lane);
  }
  static Vector Zero() { return _mm256_setzero_ps(); }
  static Vector Set(float value) { return _mm256_set1_ps(value); }
  static Vector Load(const float* p) { return _mm256_loadu_ps(p); }
  static Vector LoadPartial(const float* p, size_t count) { return _mm256_maskload_ps(p, Mask(count)); }
  static void Store(float* p, Vector v) { _mm256_storeu_ps(p, v); }
  static void StorePartial(float* p, Vector v, size_t count) { _mm256_maskstore_ps(p, Mask(count), v); }
  static Vector Add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  static Vector Subtract(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
  static Vector Multiply(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
  static Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  static Vector Max(Vector a, Vector b) { return _mm256_max_ps(a, b); }

  static __m128 Sum4(Vector a, Vector b, Vector c, Vector d) {
    const __m256 abcd = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    return _mm_add_ps(_mm256_castps256_ps128(abcd), _mm256_extractf128_ps(abcd, 1));
  }
  static void StoreSum4(float* p, Vector a, Vector b, Vector c, Vector d) { _mm_storeu_ps(p, Sum4(a, b, c, d)); }
  static float Sum(Vector v) { return _mm_cvtss_f32(Sum4(v, v, v, v)); }
  static float Largest(Vector v) {
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
  }

  static Vector Round(Vector v) { return _mm256_round_ps(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

  static void Transpose(const float* source, size_t source_stride, size_t rows, size_t columns, float* target, size_t stride) {
    __m256 a[8];
    __m256 b[8];
#pragma GCC unroll 8
    for (size_t r = 0; r < 8; r++) {
      a[r] = r >= rows ? _mm256_setzero_ps()
           : columns == 8 ? _mm256_loadu_ps(source + r * source_stride)
                          : LoadPartial(source + r * source_stride, columns);
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 8; i += 2) {
      b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);
      b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]);
    }
#pragma GCC unroll 2
    for (size_t i = 0; i < 8; i += 4) {
      a[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);
      a[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xee);
      a[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44);
      a[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xee);
    }
#pragma GCC unroll 4
    for (size_t c = 0; c < 4; c++) {
      if (c < columns) {
        _mm256_storeu_ps(target + c * stride, _mm256_permute2f128_ps(a[c], a[4 + c], 0x20));
      }
      if (4 + c < columns) {
        _mm256_storeu_ps(target + (4 + c) * stride, _mm256_permute2f128_ps(a[c], a[4 + c], 0x31));
      }
    }
  }
};

}  // namespace edgefleet::EDGEFLEET_ISA
