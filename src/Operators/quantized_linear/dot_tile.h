// Integer products of 16 outputs and 32 inputs, for each instruction set: the inner part of a product with 4-bit weights.
//
// A tile's block is 256 bytes: byte 64 j + 4 r + c holds inputs 4 j + c (low nibble) and 16 + 4 j + c (high nibble) of output r, each
// plus 8. Unpacked, it is 512 bytes: byte 64 j + 4 r + c holds input 4 j + c, j = 0..7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dense/vector.h"
#include "dense/float16.h"

namespace edgefleet::EDGEFLEET_ISA {

#if defined(__AVX512F__)

// Weights as they are stored: two quads of inputs in a vector.
struct PackedBlock {
  const uint8_t* block;

  [[gnu::always_inline]] inline void Load(size_t pair, __m512i& low, __m512i& high) const {
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i bytes = _mm512_loadu_si512(block + 64 * pair);
    low = _mm512_and_si512(bytes, nibble);
    high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), nibble);
  }
};

struct UnpackedBlock {
  const uint8_t* block;

  [[gnu::always_inline]] inline void Load(size_t pair, __m512i& low, __m512i& high) const {
    low = _mm512_loadu_si512(block + 64 * pair);
    high = _mm512_loadu_si512(block + 256 + 64 * pair);
  }
};

struct DotTile {
  // 12 sums of floats, 12 of integers, two quads of weights, their scales and temporaries fill 32 registers.
  static constexpr size_t kGroupRows = 12;
  using Floats = __m512;

  static void StoreUnpacked(uint8_t* target, const PackedBlock& source) {
#pragma GCC unroll 4
    for (size_t pair = 0; pair < 4; pair++) {
      __m512i low;
      __m512i high;
      source.Load(pair, low, high);
      _mm512_storeu_si512(target + 64 * pair, low);
      _mm512_storeu_si512(target + 256 + 64 * pair, high);
    }
  }
  [[gnu::always_inline]] static inline __m512i Quad(const int8_t* x) {
    int32_t quad;
    std::memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
  }
  // sum[r] += (start + weights * x) * scales * x_scale, for each row r. Quads are the outer loop, so that neighbouring instructions belong
  // to different sums: one sum's eight steps wait for each other. Without VNNI the weights must be below 16: eight products of pairs
  // then stay within 16 bits.
  template <size_t Rows, typename Block>
  [[gnu::always_inline]] static inline void Accumulate(const Block& block, const int8_t* x, const float* x_scales, const int32_t* starts,
                                                       Floats scales, Floats* sum) {
    __m512i total[Rows];
#pragma GCC unroll 16
    for (size_t r = 0; r < Rows; r++) {
#if defined(__AVX512VNNI__)
      total[r] = _mm512_set1_epi32(starts[r]);
#else
      total[r] = _mm512_setzero_si512();
#endif
    }
#pragma GCC unroll 4
    for (size_t pair = 0; pair < 4; pair++) {
      __m512i weight[2];
      block.Load(pair, weight[0], weight[1]);
#pragma GCC unroll 2
      for (size_t half = 0; half < 2; half++) {
#pragma GCC unroll 16
        for (size_t r = 0; r < Rows; r++) {
          const __m512i quad = Quad(x + r * 32 + 16 * half + 4 * pair);
#if defined(__AVX512VNNI__)
          total[r] = _mm512_dpbusd_epi32(total[r], weight[half], quad);
#else
          total[r] = _mm512_add_epi16(total[r], _mm512_maddubs_epi16(weight[half], quad));
#endif
        }
      }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < Rows; r++) {
#if !defined(__AVX512VNNI__)
      total[r] = _mm512_add_epi32(_mm512_madd_epi16(total[r], _mm512_set1_epi16(1)), _mm512_set1_epi32(starts[r]));
#endif
      sum[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(total[r]), _mm512_mul_ps(scales, _mm512_set1_ps(x_scales[r])), sum[r]);
    }
  }
  [[gnu::always_inline]] static inline Floats Zero() { return _mm512_setzero_ps(); }
  [[gnu::always_inline]] static inline Floats LoadScales(const uint16_t* scales) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales)));
  }
  [[gnu::always_inline]] static inline Floats LoadScales(const float* scales) { return _mm512_loadu_ps(scales); }
  static void StoreScales(float* target, Floats scales) { _mm512_storeu_ps(target, scales); }
  static void Store(float* y, Floats v, const float* bias, size_t count) {
    const __mmask16 mask = static_cast<__mmask16>((1u << count) - 1u);
    if (bias != nullptr) v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(mask, bias));
    _mm512_mask_storeu_ps(y, mask, v);
  }
};

#elif defined(__AVX2__)

// Weights as they are stored: two quads of inputs, of outputs 0..7 and 8..15.
struct PackedBlock {
  const uint8_t* block;

  [[gnu::always_inline]] inline void Load(size_t pair, __m256i (&low)[2], __m256i (&high)[2]) const {
    const __m256i nibble = _mm256_set1_epi8(15);
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + 64 * pair + 32 * h));
      low[h] = _mm256_and_si256(bytes, nibble);
      high[h] = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble);
    }
  }
};

struct UnpackedBlock {
  const uint8_t* block;

  [[gnu::always_inline]] inline void Load(size_t pair, __m256i (&low)[2], __m256i (&high)[2]) const {
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
      low[h] = _mm256_load_si256(reinterpret_cast<const __m256i*>(block + 64 * pair + 32 * h));
      high[h] = _mm256_load_si256(reinterpret_cast<const __m256i*>(block + 256 + 64 * pair + 32 * h));
    }
  }
};

struct DotTile {
  // 6 sums of floats, 6 of integers, a quad of weights and temporaries fill 16 registers.
  static constexpr size_t kGroupRows = 3;
  struct Floats {
    __m256 half[2];
  };

  static void StoreUnpacked(uint8_t* target, const PackedBlock& source) {
#pragma GCC unroll 4
    for (size_t pair = 0; pair < 4; pair++) {
      __m256i low[2];
      __m256i high[2];
      source.Load(pair, low, high);
#pragma GCC unroll 2
      for (size_t h = 0; h < 2; h++) {
        _mm256_store_si256(reinterpret_cast<__m256i*>(target + 64 * pair + 32 * h), low[h]);
        _mm256_store_si256(reinterpret_cast<__m256i*>(target + 256 + 64 * pair + 32 * h), high[h]);
      }
    }
  }
  [[gnu::always_inline]] static inline __m256i Quad(const int8_t* x) {
    int32_t quad;
    std::memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi32(quad);
  }
  // GCC would add the products pairwise, which keeps all of them alive, most of them in memory.
  [[gnu::always_inline]] static inline void KeepOrder(__m256i& sum) { __asm__("" : "+x"(sum)); }
  // sum[r] += (start + weights * x) * scales * x_scale, for each row r. Eight products of pairs of at most 2 * 15 * 127 stay within 16 bits.
  template <size_t Rows, typename Block>
  [[gnu::always_inline]] static inline void Accumulate(const Block& block, const int8_t* x, const float* x_scales, const int32_t* starts,
                                                       const Floats& scales, Floats* sum) {
    __m256i total[Rows][2];
#pragma GCC unroll 4
    for (size_t r = 0; r < Rows; r++) total[r][0] = total[r][1] = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (size_t pair = 0; pair < 4; pair++) {
      __m256i weight[2][2];
      block.Load(pair, weight[0], weight[1]);
#pragma GCC unroll 2
      for (size_t half = 0; half < 2; half++) {
#pragma GCC unroll 4
        for (size_t r = 0; r < Rows; r++) {
          const __m256i quad = Quad(x + r * 32 + 16 * half + 4 * pair);
#pragma GCC unroll 2
          for (size_t h = 0; h < 2; h++) {
            total[r][h] = _mm256_add_epi16(total[r][h], _mm256_maddubs_epi16(weight[half][h], quad));
            KeepOrder(total[r][h]);
          }
        }
      }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < Rows; r++) {
#pragma GCC unroll 2
      for (size_t h = 0; h < 2; h++) {
        const __m256i quads = _mm256_madd_epi16(total[r][h], _mm256_set1_epi16(1));
        const __m256 whole = _mm256_cvtepi32_ps(_mm256_add_epi32(quads, _mm256_set1_epi32(starts[r])));
        sum[r].half[h] = _mm256_fmadd_ps(whole, _mm256_mul_ps(scales.half[h], _mm256_set1_ps(x_scales[r])), sum[r].half[h]);
      }
    }
  }
  [[gnu::always_inline]] static inline Floats Zero() { return {{_mm256_setzero_ps(), _mm256_setzero_ps()}}; }
  [[gnu::always_inline]] static inline Floats LoadScales(const uint16_t* scales) {
    return {{_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(scales))),
             _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(scales + 8)))}};
  }
  [[gnu::always_inline]] static inline Floats LoadScales(const float* scales) {
    return {{_mm256_loadu_ps(scales), _mm256_loadu_ps(scales + 8)}};
  }
  static void StoreScales(float* target, const Floats& scales) {
    _mm256_storeu_ps(target, scales.half[0]);
    _mm256_storeu_ps(target + 8, scales.half[1]);
  }
  static void Store(float* y, const Floats& v, const float* bias, size_t count) {
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
      if (count <= 8 * h) break;
      const size_t lanes = count - 8 * h;
      const float* const from = bias != nullptr ? bias + 8 * h : nullptr;
      if (lanes >= 8) {
        _mm256_storeu_ps(y + 8 * h, from != nullptr ? _mm256_add_ps(v.half[h], _mm256_loadu_ps(from)) : v.half[h]);
      } else {
        const __m256i mask = DenseVector::Mask(lanes);
        _mm256_maskstore_ps(y + 8 * h, mask, from != nullptr ? _mm256_add_ps(v.half[h], _mm256_maskload_ps(from, mask)) : v.half[h]);
      }
    }
  }
};

#elif defined(__aarch64__)

struct PackedBlock {
  const uint8_t* block;
};

struct DotTile {
  static constexpr size_t kGroupRows = 4;
  struct Floats {
    float32x4_t quarter[4];
  };
  struct Integers {
    int32x4_t quarter[4];
  };
  [[gnu::always_inline]] static inline int8x16_t Quad(const int8_t* x) {
    int32_t quad;
    std::memcpy(&quad, x, sizeof quad);
    return vreinterpretq_s8_s32(vdupq_n_s32(quad));
  }
  [[gnu::always_inline]] static inline Integers Dot(const PackedBlock& w, const int8_t* x, int32_t start) {
    Integers sum;
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
#if defined(__ARM_FEATURE_DOTPROD)
      int32x4_t total = vdupq_n_s32(start);
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) {
        const uint8x16_t bytes = vld1q_u8(w.block + 64 * j + 16 * r);
        total = vdotq_s32(total, vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), Quad(x + 4 * j));
        total = vdotq_s32(total, vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), Quad(x + 16 + 4 * j));
      }
      sum.quarter[r] = total;
#else
      // Eight products of at most 15 * 127 stay within 16 bits.
      int16x8_t low = vdupq_n_s16(0);
      int16x8_t high = vdupq_n_s16(0);
#pragma GCC unroll 4
      for (int j = 0; j < 4; j++) {
        const uint8x16_t bytes = vld1q_u8(w.block + 64 * j + 16 * r);
        const int8x16_t first = vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
        const int8x16_t second = vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
        const int8x16_t x0 = Quad(x + 4 * j);
        const int8x16_t x1 = Quad(x + 16 + 4 * j);
        low = vmlal_s8(vmlal_s8(low, vget_low_s8(first), vget_low_s8(x0)), vget_low_s8(second), vget_low_s8(x1));
        high = vmlal_high_s8(vmlal_high_s8(high, first, x0), second, x1);
      }
      sum.quarter[r] = vaddq_s32(vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)), vdupq_n_s32(start));
#endif
    }
    return sum;
  }
  [[gnu::always_inline]] static inline Floats Zero() {
    const float32x4_t zero = vdupq_n_f32(0.0f);
    return {{zero, zero, zero, zero}};
  }
  [[gnu::always_inline]] static inline Floats LoadScales(const uint16_t* scales) {
    Floats v;
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) v.quarter[r] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(scales + 4 * r)));
    return v;
  }
  [[gnu::always_inline]] static inline Floats Scale(Floats sum, const Integers& integers, const Floats& scales, float scale) {
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
      const float32x4_t product = vmulq_n_f32(scales.quarter[r], scale);
      sum.quarter[r] = vfmaq_f32(sum.quarter[r], vcvtq_f32_s32(integers.quarter[r]), product);
    }
    return sum;
  }
  template <size_t Rows>
  [[gnu::always_inline]] static inline void Accumulate(const PackedBlock& block, const int8_t* x, const float* x_scales,
                                                       const int32_t* starts, const Floats& scales, Floats* sum) {
#pragma GCC unroll 4
    for (size_t r = 0; r < Rows; r++) sum[r] = Scale(sum[r], Dot(block, x + r * 32, starts[r]), scales, x_scales[r]);
  }
  static void Store(float* y, const Floats& v, const float* bias, size_t count) {
    float lanes[16];
    for (int r = 0; r < 4; r++) vst1q_f32(lanes + 4 * r, v.quarter[r]);
    for (size_t i = 0; i < count; i++) y[i] = lanes[i] + (bias != nullptr ? bias[i] : 0.0f);
  }
};

#else

struct PackedBlock {
  const uint8_t* block;
};

struct DotTile {
  static constexpr size_t kGroupRows = 4;
  struct Floats {
    float lane[16];
  };
  struct Integers {
    int32_t lane[16];
  };
  static Integers Dot(const PackedBlock& w, const int8_t* x, int32_t start) {
    Integers sum;
    for (int r = 0; r < 16; r++) {
      int32_t total = start;
      for (int j = 0; j < 4; j++) {
        for (int c = 0; c < 4; c++) {
          const int byte = w.block[64 * j + 4 * r + c];
          total += (byte & 15) * x[4 * j + c] + (byte >> 4) * x[16 + 4 * j + c];
        }
      }
      sum.lane[r] = total;
    }
    return sum;
  }
  static Floats Zero() { return {}; }
  static Floats LoadScales(const uint16_t* scales) {
    Floats v;
    for (int r = 0; r < 16; r++) v.lane[r] = FromHalf(scales[r]);
    return v;
  }
  static Floats Scale(Floats sum, const Integers& integers, const Floats& scales, float scale) {
    for (int r = 0; r < 16; r++) sum.lane[r] += static_cast<float>(integers.lane[r]) * (scales.lane[r] * scale);
    return sum;
  }
  template <size_t Rows>
  [[gnu::always_inline]] static inline void Accumulate(const PackedBlock& block, const int8_t* x, const float* x_scales,
                                                       const int32_t* starts, const Floats& scales, Floats* sum) {
#pragma GCC unroll 4
    for (size_t r = 0; r < Rows; r++) sum[r] = Scale(sum[r], Dot(block, x + r * 32, starts[r]), scales, x_scales[r]);
  }
  static void Store(float* y, const Floats& v, const float* bias, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = v.lane[i] + (bias != nullptr ? bias[i] : 0.0f);
  }
};

#endif

}  // namespace edgefleet::EDGEFLEET_ISA
