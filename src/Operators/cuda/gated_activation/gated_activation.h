// act(first half) * second half (docs/operators.md, GatedActivation).
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

enum class Activation { kSilu, kGelu, kGeluTanh };

/// Pointers are to device memory; rows are tokens.
template <typename T>
struct GatedActivationArguments {
  /// [rows, 2 * features].
  const T* x;
  /// [rows, features].
  T* y;
  int64_t rows;
  int64_t features;
  Activation activation;
};

/// T is float, __half or __nv_bfloat16.
template <typename T>
cudaError_t GatedActivation(const GatedActivationArguments<T>& arguments, cudaStream_t stream);

}  // namespace edgefleet::cuda
