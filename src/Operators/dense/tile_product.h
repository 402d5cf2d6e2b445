// The register-blocked product that Linear and Attention share, for any vector type S of simd_*.h.
#pragma once

#include <cstddef>

namespace edgefleet::EDGEFLEET_ISA {

// How a tile of results starts.
enum class TileStart {
  kZero,
  kBias,        // each row starts from the bias vector
  kAccumulate,  // each row starts from what the target holds
};

namespace detail {

// Rows of the panel that are fetched ahead of their use: it comes from the second-level cache.
inline constexpr size_t kRowsAhead = 12;

// c[Rows, Vectors * lanes] = start + a[Rows, depth] * b[depth, Vectors * lanes]. `tail` is the number of valid lanes in the last vector
// of c; b must be readable for whole vectors.
template <class S, size_t Rows, size_t Vectors, bool Whole>
[[gnu::always_inline]] inline void TileProductBody(const float* __restrict a, size_t a_stride, const float* __restrict b, size_t b_stride,
                                                   size_t depth, TileStart start, const float* bias, float* __restrict c,
                                                   size_t c_stride, size_t tail) {
  using V = typename S::Vector;
  V sum[Rows][Vectors];
#pragma GCC unroll 16
  for (size_t r = 0; r < Rows; r++) {
#pragma GCC unroll 16
    for (size_t v = 0; v < Vectors; v++) sum[r][v] = S::Zero();
  }
  for (size_t i = 0; i < depth; i++) {
    V column[Vectors];
#pragma GCC unroll 16
    for (size_t v = 0; v < Vectors; v++) {
      column[v] = S::Load(b + v * S::kLanes);
      if (v * S::kLanes * sizeof(float) % 64 == 0) __builtin_prefetch(b + kRowsAhead * b_stride + v * S::kLanes, 0, 3);
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < Rows; r++) {
      const V value = S::Set(a[r * a_stride + i]);
#pragma GCC unroll 16
      for (size_t v = 0; v < Vectors; v++) {
        sum[r][v] = S::MultiplyAdd(value, column[v], sum[r][v]);
      }
    }
    b += b_stride;
  }
  // The start is added last: partial sums of slices of the depth lose less than one long sum.
#pragma GCC unroll 16
  for (size_t v = 0; v < Vectors; v++) {
    const bool partial = !Whole && v + 1 == Vectors;
    const size_t at = v * S::kLanes;
    V first = S::Zero();
    if (start == TileStart::kBias) first = partial ? S::LoadPartial(bias + at, tail) : S::Load(bias + at);
#pragma GCC unroll 16
    for (size_t r = 0; r < Rows; r++) {
      float* p = c + r * c_stride + at;
      if (start == TileStart::kAccumulate) first = partial ? S::LoadPartial(p, tail) : S::Load(p);
      const V result = S::Add(sum[r][v], first);
      if (partial) {
        S::StorePartial(p, result, tail);
      } else {
        S::Store(p, result);
      }
    }
  }
}

template <class S, size_t Rows, size_t Vectors>
void TileProductOf(const float* a, size_t a_stride, const float* b, size_t b_stride, size_t depth, TileStart start, const float* bias,
                   float* c, size_t c_stride, size_t columns) {
  if (columns == Vectors * S::kLanes) {
    TileProductBody<S, Rows, Vectors, true>(a, a_stride, b, b_stride, depth, start, bias, c, c_stride, S::kLanes);
  } else {
    TileProductBody<S, Rows, Vectors, false>(a, a_stride, b, b_stride, depth, start, bias, c, c_stride,
                                             columns - (Vectors - 1) * S::kLanes);
  }
}

template <class S, size_t Rows, size_t Vectors>
void SelectVectors(const float* a, size_t a_stride, const float* b, size_t b_stride, size_t depth, TileStart start, const float* bias,
                   float* c, size_t c_stride, size_t columns) {
  if constexpr (Vectors > 1) {
    if (columns <= (Vectors - 1) * S::kLanes) {
      SelectVectors<S, Rows, Vectors - 1>(a, a_stride, b, b_stride, depth, start, bias, c, c_stride, columns);
      return;
    }
  }
  TileProductOf<S, Rows, Vectors>(a, a_stride, b, b_stride, depth, start, bias, c, c_stride, columns);
}

template <class S, size_t Rows>
void SelectRows(const float* a, size_t a_stride, size_t rows, const float* b, size_t b_stride, size_t depth, TileStart start,
                const float* bias, float* c, size_t c_stride, size_t columns) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      SelectRows<S, Rows - 1>(a, a_stride, rows, b, b_stride, depth, start, bias, c, c_stride, columns);
      return;
    }
  }
  SelectVectors<S, Rows, S::kTileVectors>(a, a_stride, b, b_stride, depth, start, bias, c, c_stride, columns);
}

}  // namespace detail

template <class S>
inline constexpr size_t kPanelWidth = S::kLanes * S::kTileVectors;

// c[rows, columns] = start + a[rows, depth] * b[depth, columns] for 1..S::kTileRows rows and 1..kPanelWidth columns.
// b is readable for whole vectors of each of its rows.
template <class S>
void TileProduct(const float* a, size_t a_stride, size_t rows, const float* b, size_t b_stride, size_t depth, TileStart start,
                 const float* bias, float* c, size_t c_stride, size_t columns) {
  detail::SelectRows<S, S::kTileRows>(a, a_stride, rows, b, b_stride, depth, start, bias, c, c_stride, columns);
}

// panel[depth, kPanelWidth] = transpose of source[rows, depth]; columns past `rows` become zero.
template <class S>
void PackPanel(const float* source, size_t source_stride, size_t rows, size_t depth, float* panel) {
  constexpr size_t kWidth = kPanelWidth<S>;
  for (size_t r = 0; r < kWidth; r += S::kLanes) {
    const size_t count = rows <= r ? 0 : rows - r < S::kLanes ? rows - r : S::kLanes;
    const float* from = source + r * source_stride;
    float* to = panel + r;
    size_t i = 0;
    if (count == S::kLanes) {
      for (; i + S::kLanes <= depth; i += S::kLanes) {
        S::Transpose(from + i, source_stride, S::kLanes, S::kLanes, to + i * kWidth, kWidth);
      }
    }
    for (; i < depth; i += S::kLanes) {
      const size_t columns = depth - i < S::kLanes ? depth - i : S::kLanes;
      S::Transpose(count == 0 ? source : from + i, source_stride, count, columns, to + i * kWidth, kWidth);
    }
  }
}

}  // namespace edgefleet::EDGEFLEET_ISA
