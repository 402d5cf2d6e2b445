#include "linear/kernel.h"

#include "dense/float_stream.h"
#include "dense/tile_product.h"
#include "dense/vector.h"

namespace edgefleet::EDGEFLEET_ISA {
namespace {

using S = DenseVector;
using V = S::Vector;

[[gnu::always_inline]] inline V DotOne(const float* x, const float* weight, size_t k) {
  constexpr size_t kStep = 4 * S::kLanes;
  V sum[4] = {S::Zero(), S::Zero(), S::Zero(), S::Zero()};
  size_t i = 0;
  for (; i + kStep <= k; i += kStep) {
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
      if (j * S::kLanes * sizeof(float) % 64 == 0) FetchFloatStream(weight + i + j * S::kLanes);
      sum[j] = S::MultiplyAdd(S::Load(weight + i + j * S::kLanes), S::Load(x + i + j * S::kLanes), sum[j]);
    }
  }
  for (; i < k; i += S::kLanes) {
    const size_t count = k - i < S::kLanes ? k - i : S::kLanes;
    if (count == S::kLanes) {
      sum[0] = S::MultiplyAdd(S::Load(weight + i), S::Load(x + i), sum[0]);
    } else {
      sum[1] = S::MultiplyAdd(S::LoadPartial(weight + i, count), S::LoadPartial(x + i, count), sum[1]);
    }
  }
  return S::Add(S::Add(sum[0], sum[1]), S::Add(sum[2], sum[3]));
}

void StreamOneRow(const LinearOperands& o, size_t first, size_t last) {
  const float* weight = o.weight + first * o.k;
  size_t n = first;
  for (; n + 4 <= last; n += 4, weight += 4 * o.k) {
    V sum[4];
    for (size_t j = 0; j < 4; j++) sum[j] = DotOne(o.x, weight + j * o.k, o.k);
    S::StoreSum4(o.y + n, sum[0], sum[1], sum[2], sum[3]);
    if (o.bias != nullptr) {
      for (size_t j = 0; j < 4; j++) o.y[n + j] += o.bias[n + j];
    }
  }
  for (; n < last; n++, weight += o.k) o.y[n] = S::Sum(DotOne(o.x, weight, o.k)) + (o.bias != nullptr ? o.bias[n] : 0.0f);
}

// y[rows, 4] of one group of four weight rows. Their next group is fetched into the second-level cache meanwhile.
template <size_t Rows, bool Fetch>
void StreamTile(const LinearOperands& o, size_t first_row, size_t n) {
  const float* x = o.x + first_row * o.k;
  const float* weight = o.weight + n * o.k;
  V sum[Rows][4];
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; r++) {
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) sum[r][j] = S::Zero();
  }
  size_t i = 0;
  for (; i + S::kLanes <= o.k; i += S::kLanes) {
    V w[4];
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
      w[j] = S::Load(weight + j * o.k + i);
      if (Fetch) __builtin_prefetch(weight + (4 + j) * o.k + i, 0, 2);
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < Rows; r++) {
      const V value = S::Load(x + r * o.k + i);
#pragma GCC unroll 4
      for (size_t j = 0; j < 4; j++) sum[r][j] = S::MultiplyAdd(value, w[j], sum[r][j]);
    }
  }
  if (i < o.k) {
    const size_t count = o.k - i;
    V w[4];
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) w[j] = S::LoadPartial(weight + j * o.k + i, count);
#pragma GCC unroll 8
    for (size_t r = 0; r < Rows; r++) {
      const V value = S::LoadPartial(x + r * o.k + i, count);
#pragma GCC unroll 4
      for (size_t j = 0; j < 4; j++) sum[r][j] = S::MultiplyAdd(value, w[j], sum[r][j]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < Rows; r++) {
    float* y = o.y + (first_row + r) * o.n + n;
    S::StoreSum4(y, sum[r][0], sum[r][1], sum[r][2], sum[r][3]);
    if (o.bias != nullptr) {
      for (size_t j = 0; j < 4; j++) y[j] += o.bias[n + j];
    }
  }
}

template <size_t Rows, bool Fetch>
void SelectStreamTile(const LinearOperands& o, size_t first_row, size_t rows, size_t n) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      SelectStreamTile<Rows - 1, Fetch>(o, first_row, rows, n);
      return;
    }
  }
  StreamTile<Rows, Fetch>(o, first_row, n);
}

}  // namespace

void LinearStream(const LinearOperands& o, size_t first, size_t last) {
  if (o.rows == 1) {
    StreamOneRow(o, first, last);
    return;
  }
  size_t n = first;
  for (; n + 4 <= last; n += 4) {
    // Groups of equal size: 7 rows are 4 + 3, not 6 + 1.
    const size_t groups = (o.rows + S::kFewRows - 1) / S::kFewRows;
    size_t row = 0;
    for (size_t g = 0; g < groups; g++) {
      const size_t count = (o.rows - row) / (groups - g);
      if (g == 0) {
        SelectStreamTile<S::kFewRows, true>(o, row, count, n);
      } else {
        SelectStreamTile<S::kFewRows, false>(o, row, count, n);
      }
      row += count;
    }
  }
  for (; n < last; n++) {
    for (size_t r = 0; r < o.rows; r++) {
      o.y[r * o.n + n] = S::Sum(DotOne(o.x + r * o.k, o.weight + n * o.k, o.k)) + (o.bias != nullptr ? o.bias[n] : 0.0f);
    }
  }
}

void LinearBlock(const LinearOperands& o, size_t first_row, size_t last_row, size_t first, size_t last, float* workspace) {
  constexpr size_t kWidth = kPanelWidth<S>;
  static_assert(kLinearBlockOutputs % kWidth == 0);
  const size_t rows = last_row - first_row;
  const size_t groups = (rows + S::kTileRows - 1) / S::kTileRows;
  const size_t slices = (o.k + kLinearBlockDepth - 1) / kLinearBlockDepth;
  size_t at = 0;
  for (size_t slice = 0; slice < slices; slice++) {
    const size_t depth = slice + 1 == slices ? o.k - at : ((o.k - at) / (slices - slice) + 15) / 16 * 16;
    for (size_t n = first; n < last; n += kWidth) {
      PackPanel<S>(o.weight + n * o.k + at, o.k, last - n < kWidth ? last - n : kWidth, depth, workspace + (n - first) * depth);
    }
    size_t row = first_row;
    for (size_t g = 0; g < groups; g++) {
      const size_t count = (last_row - row) / (groups - g);
      for (size_t n = first; n < last; n += kWidth) {
        const TileStart start = slice != 0 ? TileStart::kAccumulate : o.bias != nullptr ? TileStart::kBias : TileStart::kZero;
        TileProduct<S>(o.x + row * o.k + at, o.k, count, workspace + (n - first) * depth, kWidth, depth, start,
                       o.bias != nullptr ? o.bias + n : nullptr, o.y + row * o.n + n, o.n, last - n < kWidth ? last - n : kWidth);
      }
      row += count;
    }
    at += depth;
  }
}

}  // namespace edgefleet::EDGEFLEET_ISA
