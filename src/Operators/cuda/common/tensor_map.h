// The tensor memory accelerator's description of a tensor.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

namespace edgefleet::cuda {

/// A tensor of 16-bit elements in device memory, [planes, rows, columns], read in boxes of `box_rows` rows and 64 columns of one plane, the 16-byte
/// pieces of whose rows are permuted in shared memory (128-byte swizzle).
struct HalfTensor {
  const void* data;
  int64_t columns;
  int64_t rows;
  int64_t planes;
  /// Elements from one to the next, multiples of 8.
  int64_t row_stride;
  int64_t plane_stride;
  int box_rows;
};

/// Describes it. cudaErrorNotSupported where the driver cannot, cudaErrorInvalidValue where it refuses the sizes.
cudaError_t DescribeTensor(const HalfTensor& tensor, CUtensorMap& map);

}  // namespace edgefleet::cuda
