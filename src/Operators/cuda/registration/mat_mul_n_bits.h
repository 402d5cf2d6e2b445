#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.MatMulNBits` on CUDA, float16: few rows by a kernel of our own, more by ONNX Runtime's.
class CudaMatMulNBits final : public OperatorDefinition {
 public:
  CudaMatMulNBits();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
