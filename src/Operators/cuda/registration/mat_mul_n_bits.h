#pragma once

#include "mat_mul_n_bits/contract.h"

namespace edgefleet {

/// `edgefleet.MatMulNBits` on CUDA, float16: few rows by a kernel of our own, more by ONNX Runtime's.
class CudaMatMulNBits final : public MatMulNBitsContract {
 public:
  CudaMatMulNBits();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
