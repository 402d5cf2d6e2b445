// Activation inputs that may be wider than what an operator reads of them.
#pragma once

#include <cstdint>

#include "memory/rows.h"
#include "registration/kernel_context.h"

namespace edgefleet {

/// Input `index` as rows that begin at channel `offset` and have at least `width` channels from there.
/// `data` is null for an absent optional input.
template <typename T>
Rows<T> PackedInput(const KernelContext& context, size_t index, int64_t batch, int64_t tokens, int64_t offset, int64_t width) {
  const Tensor tensor = context.Input(index, {Exactly(batch), Exactly(tokens), AtLeast(offset + width)});
  if (!tensor.present()) return {};
  return {tensor.As<T>() + offset, tensor.shape.last()};
}

}  // namespace edgefleet
