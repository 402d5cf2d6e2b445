// Attributes and sizes of block-quantised weights (docs/operators.md, "Quantised weights").
#pragma once

#include <cstdint>

#include "registration/kernel_context.h"
#include "registration/node_attributes.h"

namespace edgefleet {

struct WeightLayout {
  int64_t bits;
  int64_t n;
  int64_t k;

  /// Reads `bits`, `n`, `k` and `block_size`; `eight_only` for operators that know 8-bit tables alone.
  static WeightLayout Read(const NodeAttributes& attributes, bool eight_only);

  int64_t WeightBytes() const { return PaddedOutputs() * k * bits / 8; }
  int64_t Scales() const { return PaddedOutputs() * (k / 32); }

  /// Throws unless input `index` holds `count` elements.
  static void ExpectCount(const KernelContext& context, const Tensor& tensor, int64_t count);

 private:
  /// 4-bit weights are stored for 16 outputs at a time.
  int64_t PaddedOutputs() const { return bits == 4 ? (n + 15) / 16 * 16 : n; }
};

}  // namespace edgefleet
