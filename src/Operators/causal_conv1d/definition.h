#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.CausalConv1d` (docs/operators.md) for one type of activations.
class CausalConv1dDefinition final : public OperatorDefinition {
 public:
  /// `activations` is float32 or float16.
  explicit CausalConv1dDefinition(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
