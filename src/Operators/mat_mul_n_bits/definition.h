#pragma once

#include "mat_mul_n_bits/contract.h"

namespace edgefleet {

/// `edgefleet.MatMulNBits` on the CPU, float16: ONNX Runtime's operator, so that graphs for CUDA run here too.
class MatMulNBitsDefinition final : public MatMulNBitsContract {
 public:
  MatMulNBitsDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
