// Whether rows of a tensor can be read in wide accesses.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefleet::cuda {

/// True when every row that starts at `first` (rows `stride` elements apart) starts at a multiple of `bytes`. A null pointer is aligned.
template <typename T>
bool RowsAligned(const T* first, int64_t stride, size_t bytes) {
  return first == nullptr ||
         (reinterpret_cast<uintptr_t>(first) % bytes == 0 && (static_cast<size_t>(stride) * sizeof(T)) % bytes == 0);
}

}  // namespace edgefleet::cuda
