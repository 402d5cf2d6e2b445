#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.QuantizedLinear` (docs/operators.md).
class QuantizedLinearDefinition final : public OperatorDefinition {
 public:
  QuantizedLinearDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
