// Rows of an activation: [batch * tokens] rows of which an operator reads some channels.
#pragma once

#include <cstdint>

namespace edgefleet {

template <typename T>
struct Rows {
  /// The first channel that is read, in the first row; null for an absent optional input.
  const T* data = nullptr;
  /// Elements from one row to the next.
  int64_t stride = 0;

  [[gnu::always_inline]] const T* Row(int64_t row) const { return data + row * stride; }
};

}  // namespace edgefleet
