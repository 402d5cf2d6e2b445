#include "quantized_linear/kernel.h"

#include "dense/vector.h"
#include "quantized_linear/dot_tile.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

using S = DenseVector;

constexpr size_t kGroupRows = DotTile::kGroupRows;
constexpr size_t kPackedBlock = 256;
[[maybe_unused]] constexpr size_t kUnpackedBlock = 512;
// Bytes that a stream of weights is fetched ahead of its use, into the second-level cache: the hardware's own prefetch stops at each
// page, and the first level has too few lines in flight for memory's latency.
constexpr size_t kPrefetchBytes = 8192;

// The block's parts for a group of `rows` rows.
struct GroupBlock {
  const int8_t* values;
  const float* scales;
  const int32_t* starts;

  [[gnu::always_inline]] GroupBlock(const uint8_t* group, size_t rows, size_t block) {
    const uint8_t* at = group + block * rows * kActivationBlockBytes;
    values = reinterpret_cast<const int8_t*>(at);
    scales = reinterpret_cast<const float*>(at + rows * kQuantizedBlock);
    starts = reinterpret_cast<const int32_t*>(at + rows * (kQuantizedBlock + sizeof(float)));
  }
};

struct Group {
  size_t first;
  size_t rows;

  Group(size_t group, size_t all) : first(group * kGroupRows), rows(all - first < kGroupRows ? all - first : kGroupRows) {}
  const uint8_t* Activations(const QuantizedOperands& o) const { return o.activations + first * o.blocks * kActivationBlockBytes; }
};

// One tile of 16 outputs for one group, straight from packed weights.
template <size_t Rows>
void PackedTile(const QuantizedOperands& o, const uint8_t* group, const uint8_t* weight, const uint16_t* scales, const float* bias,
                float* y, size_t count) {
  DotTile::Floats sum[Rows];
#pragma GCC unroll 16
  for (size_t r = 0; r < Rows; r++) sum[r] = DotTile::Zero();
  for (size_t b = 0; b < o.blocks; b++) {
    const GroupBlock x(group, Rows, b);
#pragma GCC unroll 4
    for (size_t i = 0; i < kPackedBlock; i += 64) __builtin_prefetch(weight + kPrefetchBytes + i, 0, 2);
    DotTile::Accumulate<Rows>(PackedBlock{weight}, x.values, x.scales, x.starts, DotTile::LoadScales(scales), sum);
    weight += kPackedBlock;
    scales += kQuantizedTile;
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < Rows; r++) DotTile::Store(y + r * o.n, sum[r], bias, count);
}

template <size_t Rows>
void SelectPackedTile(size_t rows, const QuantizedOperands& o, const uint8_t* group, const uint8_t* weight, const uint16_t* scales,
                      const float* bias, float* y, size_t count) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      SelectPackedTile<Rows - 1>(rows, o, group, weight, scales, bias, y, count);
      return;
    }
  }
  PackedTile<Rows>(o, group, weight, scales, bias, y, count);
}

// Where a tile's weights are unpacked once for all rows that pass by it. Not on AVX-512 without VNNI, where it was never measured.
#if defined(__AVX512VNNI__) || (defined(__AVX2__) && !defined(__AVX512F__))
#define EDGEFLEET_UNPACKED_TILES

// One tile for one group from unpacked weights and float scales.
template <size_t Rows>
void UnpackedTile(const QuantizedOperands& o, const uint8_t* group, const uint8_t* weight, const float* scales,
                  const float* bias, float* y, size_t count) {
  DotTile::Floats sum[Rows];
#pragma GCC unroll 16
  for (size_t r = 0; r < Rows; r++) sum[r] = DotTile::Zero();
  for (size_t b = 0; b < o.blocks; b++) {
    const GroupBlock x(group, Rows, b);
    DotTile::Accumulate<Rows>(UnpackedBlock{weight}, x.values, x.scales, x.starts, DotTile::LoadScales(scales), sum);
    weight += kUnpackedBlock;
    scales += kQuantizedTile;
  }
#pragma GCC unroll 16
  for (size_t r = 0; r < Rows; r++) DotTile::Store(y + r * o.n, sum[r], bias, count);
}

template <size_t Rows>
void SelectUnpackedTile(size_t rows, const QuantizedOperands& o, const uint8_t* group, const uint8_t* weight, const float* scales,
                        const float* bias, float* y, size_t count) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      SelectUnpackedTile<Rows - 1>(rows, o, group, weight, scales, bias, y, count);
      return;
    }
  }
  UnpackedTile<Rows>(o, group, weight, scales, bias, y, count);
}

void UnpackedTileOfGroups(const QuantizedOperands& o, size_t first_group, size_t last_group, size_t tile, const uint8_t* weight,
                          const float* scales) {
  const size_t n = tile * kQuantizedTile;
  const size_t count = o.n - n < kQuantizedTile ? o.n - n : kQuantizedTile;
  for (size_t g = first_group; g < last_group; g++) {
    const Group group(g, o.rows);
    SelectUnpackedTile<kGroupRows>(group.rows, o, group.Activations(o), weight, scales, o.bias != nullptr ? o.bias + n : nullptr,
                                   o.y + group.first * o.n + n, count);
  }
}

void UnpackTile4(const QuantizedOperands& o, size_t tile, uint8_t* weight, float* scales) {
  const uint8_t* packed = o.weight + tile * o.blocks * kPackedBlock;
  const uint16_t* halves = o.scales + tile * o.blocks * kQuantizedTile;
  for (size_t b = 0; b < o.blocks; b++) {
    DotTile::StoreUnpacked(weight + b * kUnpackedBlock, PackedBlock{packed + b * kPackedBlock});
    DotTile::StoreScales(scales + b * kQuantizedTile, DotTile::LoadScales(halves + b * kQuantizedTile));
  }
}

#endif

#if defined(__AVX512VNNI__)

// Brings 16 rows of int8 weights into the order of unpacked tiles, 128 added to each; rows past the last are zero.
void UnpackTile8(const QuantizedOperands& o, size_t tile, uint8_t* weight, float* scales) {
  const size_t n = tile * kQuantizedTile;
  const size_t rows = o.n - n < kQuantizedTile ? o.n - n : kQuantizedTile;
  const size_t k = o.blocks * kQuantizedBlock;
  const __m512i offset = _mm512_set1_epi8(-128);
  for (size_t b = 0; b < o.blocks; b++) {
    uint8_t* block = weight + b * kUnpackedBlock;
    // Four neighbouring bytes travel as one float; no arithmetic touches them.
    S::Transpose(reinterpret_cast<const float*>(o.weight + n * k + b * kQuantizedBlock), k / 4, rows, 8, reinterpret_cast<float*>(block),
                 kQuantizedTile);
    for (size_t i = 0; i < kUnpackedBlock; i += 64) {
      _mm512_storeu_si512(block + i, _mm512_xor_si512(_mm512_loadu_si512(block + i), offset));
    }
    for (size_t r = 0; r < kQuantizedTile; r++) {
      scales[b * kQuantizedTile + r] = r < rows ? FromHalf(o.scales[(n + r) * o.blocks + b]) : 0.0f;
    }
  }
}

#endif

// One row of int8 weights times one row of activations, whose group holds `rows` rows. `scales` is scratch of `blocks` floats.
#if defined(__AVX512VNNI__)

// Activations of one row in the order that a row of int8 weights has: values, then for each pair of blocks the start of its 16 sums
// (which takes back the 128 added to weights), then scales.
struct LinearRow {
  int8_t* values;
  int32_t* starts;
  float* scales;
  size_t pairs;

  LinearRow(uint8_t* workspace, size_t blocks) : pairs((blocks + 1) / 2) {
    starts = reinterpret_cast<int32_t*>(workspace);
    values = reinterpret_cast<int8_t*>(workspace + pairs * 64);
    scales = reinterpret_cast<float*>(workspace + pairs * 128);
  }
  static size_t Bytes(size_t blocks) { return (blocks + 1) / 2 * 128 + (blocks + 15) / 16 * 64; }

  void Fill(const uint8_t* group, size_t rows, size_t row, size_t blocks) {
    std::memset(starts, 0, Bytes(blocks));
    for (size_t b = 0; b < blocks; b++) {
      const GroupBlock x(group, rows, b);
      std::memcpy(values + b * kQuantizedBlock, x.values + row * kQuantizedBlock, kQuantizedBlock);
      starts[b * 8] = x.starts[row];
      scales[b] = x.scales[row];
    }
  }
};

// Rows one after the other, so that memory is read in its order; two sums, since one would wait for itself.
template <size_t Outputs>
void DotRows8(const LinearRow& x, const int8_t* weight, const uint16_t* scales, size_t blocks, float* sums) {
  const __m512i offset = _mm512_set1_epi8(-128);
  const __m512i half = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  __m512 total[Outputs];
  for (size_t r = 0; r < Outputs; r++) {
    __m512 sum[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    for (size_t b = 0; b < blocks; b += 16, scales += 16) {
      const size_t left = blocks - b < 16 ? blocks - b : 16;
      const __m256i halves = _mm256_maskz_loadu_epi16(static_cast<__mmask16>((1u << left) - 1u), scales);
      const __m512 scale = _mm512_mul_ps(_mm512_cvtph_ps(halves), _mm512_loadu_ps(x.scales + b));
      __m512i index = half;
#pragma GCC unroll 2
      for (size_t i = 0; i < left; i += 2, weight += 2 * kQuantizedBlock) {
        __builtin_prefetch(weight + kPrefetchBytes, 0, 2);
        const __mmask64 mask = left - i == 1 ? 0xffffffffull : ~0ull;
        const __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, weight), offset);
        const __m512i start = _mm512_loadu_si512(x.starts + (b + i) * 8);
        const __m512i values = _mm512_loadu_si512(x.values + (b + i) * kQuantizedBlock);
        const __m512 product = _mm512_cvtepi32_ps(_mm512_dpbusd_epi32(start, bytes, values));
        sum[i / 2 % 2] = _mm512_fmadd_ps(product, _mm512_permutexvar_ps(index, scale), sum[i / 2 % 2]);
        index = _mm512_add_epi32(index, _mm512_set1_epi32(2));
      }
    }
    // The last pair of an odd number of blocks, and the last sixteen scales, were passed by whole.
    weight -= blocks % 2 * kQuantizedBlock;
    scales -= (16 - blocks % 16) % 16;
    total[r] = _mm512_add_ps(sum[0], sum[1]);
  }
  if constexpr (Outputs == 4) {
    S::StoreSum4(sums, total[0], total[1], total[2], total[3]);
  } else {
    for (size_t r = 0; r < Outputs; r++) sums[r] = S::Sum(total[r]);
  }
}

#else

float DotRow8(const uint8_t* group, size_t rows, size_t row, const int8_t* weight, const uint16_t* scales, size_t blocks) {
#if defined(__AVX2__)
  __m256 sum = _mm256_setzero_ps();
  for (size_t b = 0; b < blocks; b++) {
    const GroupBlock x(group, rows, b);
    const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x.values + row * kQuantizedBlock));
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weight + b * kQuantizedBlock));
    __builtin_prefetch(weight + b * kQuantizedBlock + kPrefetchBytes, 0, 2);
    // |w| * (x with w's sign); two products of at most 127 * 127 stay within 16 bits.
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(values, w));
    const __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
    sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(quads), _mm256_set1_ps(FromHalf(scales[b]) * x.scales[row]), sum);
  }
  const __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  const __m128 eighth = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
  return _mm_cvtss_f32(_mm_add_ss(eighth, _mm_movehdup_ps(eighth)));
#elif defined(__aarch64__)
  float32x4_t sum = vdupq_n_f32(0.0f);
  for (size_t b = 0; b < blocks; b++) {
    const GroupBlock x(group, rows, b);
    const int8_t* values = x.values + row * kQuantizedBlock;
    const int8_t* w = weight + b * kQuantizedBlock;
    int32x4_t quads = vdupq_n_s32(0);
    for (int i = 0; i < 32; i += 16) {
      const int8x16_t a = vld1q_s8(values + i);
      const int8x16_t c = vld1q_s8(w + i);
#if defined(__ARM_FEATURE_DOTPROD)
      quads = vdotq_s32(quads, a, c);
#else
      quads = vpadalq_s16(quads, vmull_s8(vget_low_s8(a), vget_low_s8(c)));
      quads = vpadalq_s16(quads, vmull_high_s8(a, c));
#endif
    }
    sum = vfmaq_n_f32(sum, vcvtq_f32_s32(quads), FromHalf(scales[b]) * x.scales[row]);
  }
  return vaddvq_f32(sum);
#else
  float sum = 0.0f;
  for (size_t b = 0; b < blocks; b++) {
    const GroupBlock x(group, rows, b);
    int32_t total = 0;
    for (size_t i = 0; i < kQuantizedBlock; i++) total += weight[b * kQuantizedBlock + i] * x.values[row * kQuantizedBlock + i];
    sum += static_cast<float>(total) * (FromHalf(scales[b]) * x.scales[row]);
  }
  return sum;
#endif
}

#endif

}  // namespace

size_t QuantizedGroupRows() { return kGroupRows; }

void QuantizeActivations(const float* x, size_t rows, size_t blocks, size_t bits, uint8_t* group) {
  const int32_t zero = bits == 4 ? 8 : 128;
  for (size_t b = 0; b < blocks; b++) {
    uint8_t* at = group + b * rows * kActivationBlockBytes;
    for (size_t r = 0; r < rows; r++) {
      const float* values = x + (r * blocks + b) * kQuantizedBlock;
      auto largest = S::Zero();
      for (size_t i = 0; i < kQuantizedBlock; i += S::kLanes) {
        const auto v = S::Load(values + i);
        largest = S::Max(largest, S::Max(v, S::Subtract(S::Zero(), v)));
      }
      const float maximum = S::Largest(largest);
      // Blocks of next to nothing become zeros: the reciprocal of a smaller maximum would overflow.
      const bool tiny = !(maximum > 1e-35f);
      const auto factor = S::Set(tiny ? 0.0f : 127.0f / maximum);
      int8_t* to = reinterpret_cast<int8_t*>(at) + r * kQuantizedBlock;
#if defined(__AVX512F__)
      const __m512i low = _mm512_cvtps_epi32(S::Multiply(S::Load(values), factor));
      const __m512i high = _mm512_cvtps_epi32(S::Multiply(S::Load(values + 16), factor));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(low));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 16), _mm512_cvtepi32_epi8(high));
      const int32_t sum = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
#elif defined(__AVX2__)
      __m256i whole[4];
      for (size_t i = 0; i < 4; i++) whole[i] = _mm256_cvtps_epi32(S::Multiply(S::Load(values + 8 * i), factor));
      // Packing works on halves of vectors: it leaves the quads in the order 0 2 4 6 1 3 5 7.
      const __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
      const __m256i eight = _mm256_add_epi32(_mm256_add_epi32(whole[0], whole[1]), _mm256_add_epi32(whole[2], whole[3]));
      __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
      four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
      const int32_t sum = _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
#else
      float rounded[kQuantizedBlock];
      for (size_t i = 0; i < kQuantizedBlock; i += S::kLanes) S::Store(rounded + i, S::Round(S::Multiply(S::Load(values + i), factor)));
      int32_t sum = 0;
      for (size_t i = 0; i < kQuantizedBlock; i++) {
        const int32_t whole = static_cast<int32_t>(rounded[i]);
        to[i] = static_cast<int8_t>(whole);
        sum += whole;
      }
#endif
      reinterpret_cast<float*>(at + rows * kQuantizedBlock)[r] = tiny ? 0.0f : maximum / 127.0f;
      reinterpret_cast<int32_t*>(at + rows * (kQuantizedBlock + sizeof(float)))[r] = -zero * sum;
    }
  }
}

size_t QuantizedWorkspace([[maybe_unused]] size_t blocks, [[maybe_unused]] size_t bits) {
#if defined(EDGEFLEET_UNPACKED_TILES)
  const size_t unpacked = blocks * (kUnpackedBlock + kQuantizedTile * sizeof(float));
#if defined(__AVX512VNNI__)
  const size_t row = bits == 8 ? LinearRow::Bytes(blocks) : 0;
  return unpacked > row ? unpacked : row;
#else
  return unpacked;
#endif
#else
  return 0;
#endif
}

void QuantizedProduct4(const QuantizedOperands& o, size_t first_group, size_t last_group, size_t first, size_t last,
                       [[maybe_unused]] uint8_t* workspace) {
  for (size_t tile = first; tile < last; tile++) {
#if defined(EDGEFLEET_UNPACKED_TILES)
    if (last_group - first_group > 1) {
      float* scales = reinterpret_cast<float*>(workspace + o.blocks * kUnpackedBlock);
      UnpackTile4(o, tile, workspace, scales);
      UnpackedTileOfGroups(o, first_group, last_group, tile, workspace, scales);
      continue;
    }
#endif
    const size_t n = tile * kQuantizedTile;
    const size_t count = o.n - n < kQuantizedTile ? o.n - n : kQuantizedTile;
    for (size_t g = first_group; g < last_group; g++) {
      const Group group(g, o.rows);
      SelectPackedTile<kGroupRows>(group.rows, o, group.Activations(o), o.weight + tile * o.blocks * kPackedBlock,
                                   o.scales + tile * o.blocks * kQuantizedTile, o.bias != nullptr ? o.bias + n : nullptr,
                                   o.y + group.first * o.n + n, count);
    }
  }
}

void QuantizedProduct8(const QuantizedOperands& o, size_t first_group, size_t last_group, size_t first, size_t last,
                       [[maybe_unused]] uint8_t* workspace) {
  const size_t k = o.blocks * kQuantizedBlock;
  const size_t begin = first * kQuantizedTile;
  const size_t end = last * kQuantizedTile < o.n ? last * kQuantizedTile : o.n;
  const int8_t* weight = reinterpret_cast<const int8_t*>(o.weight);
#if defined(__AVX512VNNI__)
  if (o.rows == 1) {
    LinearRow row(workspace, o.blocks);
    row.Fill(o.activations, 1, 0, o.blocks);
    size_t n = begin;
    for (; n + 4 <= end; n += 4) DotRows8<4>(row, weight + n * k, o.scales + n * o.blocks, o.blocks, o.y + n);
    for (; n < end; n++) DotRows8<1>(row, weight + n * k, o.scales + n * o.blocks, o.blocks, o.y + n);
    if (o.bias != nullptr) {
      for (n = begin; n < end; n++) o.y[n] += o.bias[n];
    }
    return;
  }
  float* scales = reinterpret_cast<float*>(workspace + o.blocks * kUnpackedBlock);
  for (size_t tile = first; tile < last; tile++) {
    UnpackTile8(o, tile, workspace, scales);
    UnpackedTileOfGroups(o, first_group, last_group, tile, workspace, scales);
  }
#else
  for (size_t n = begin; n < end; n++) {
    for (size_t g = first_group; g < last_group; g++) {
      const Group group(g, o.rows);
      for (size_t r = 0; r < group.rows; r++) {
        o.y[(group.first + r) * o.n + n] =
            DotRow8(group.Activations(o), group.rows, r, weight + n * k, o.scales + n * o.blocks, o.blocks) +
            (o.bias != nullptr ? o.bias[n] : 0.0f);
      }
    }
  }
#endif
}

}  // namespace edgefleet::EDGEFLEET_ISA
