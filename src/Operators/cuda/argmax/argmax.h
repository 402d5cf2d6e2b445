// The index of the greatest element of each row: what greedy generation needs of its logits.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace edgefleet::cuda {

template <typename T>
struct ArgMaxArguments {
  /// [rows, columns].
  const T* values;
  /// `ArgMaxWorkspace` bytes, aligned to 8.
  void* workspace;
  /// [rows]: the lowest index among equals; -1 - i where element i, the first of its kind, is not a number.
  int64_t* indices;
  int64_t rows;
  int64_t columns;
};

size_t ArgMaxWorkspace(int64_t rows);

/// T is float, __half or __nv_bfloat16; `rows` and `columns` >= 1, `columns` < 2^32.
template <typename T>
cudaError_t ArgMax(const ArgMaxArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
