#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.Linear` on CUDA for one type of activations and weights.
class CudaLinear final : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaLinear(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
