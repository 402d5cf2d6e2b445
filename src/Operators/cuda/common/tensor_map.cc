#include "common/tensor_map.h"

namespace edgefleet::cuda {
namespace {

using Encode = CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*, const cuuint64_t*, const cuuint32_t*,
                            const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

struct Driver {
  cudaError_t error = cudaSuccess;
  Encode encode = nullptr;

  Driver() {
    // By name, as the library does not link the driver's: it has to load on machines without one.
    void* entry = nullptr;
    cudaDriverEntryPointQueryResult result{};
    constexpr unsigned kCuda12 = 12000;
#if CUDART_VERSION >= 12050
    error = cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &entry, kCuda12, cudaEnableDefault, &result);
#else
    static_cast<void>(kCuda12);
    error = cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &entry, cudaEnableDefault, &result);
#endif
    if (error == cudaSuccess && (result != cudaDriverEntryPointSuccess || entry == nullptr)) error = cudaErrorNotSupported;
    encode = reinterpret_cast<Encode>(entry);
  }
};

}  // namespace

cudaError_t DescribeTensor(const HalfTensor& tensor, CUtensorMap& map) {
  static const Driver driver;
  if (driver.error != cudaSuccess) return driver.error;
  constexpr cuuint64_t kBytes = 2;
  constexpr cuuint32_t kBoxColumns = 64;
  const cuuint64_t sizes[] = {static_cast<cuuint64_t>(tensor.columns), static_cast<cuuint64_t>(tensor.rows),
                              static_cast<cuuint64_t>(tensor.planes)};
  const cuuint64_t strides[] = {static_cast<cuuint64_t>(tensor.row_stride) * kBytes, static_cast<cuuint64_t>(tensor.plane_stride) * kBytes};
  const cuuint32_t box[] = {kBoxColumns, static_cast<cuuint32_t>(tensor.box_rows), 1};
  const cuuint32_t neighbours[] = {1, 1, 1};
  const CUresult result = driver.encode(&map, CU_TENSOR_MAP_DATA_TYPE_UINT16, 3, const_cast<void*>(tensor.data), sizes, strides, box,
                                        neighbours, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                        CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

}  // namespace edgefleet::cuda
