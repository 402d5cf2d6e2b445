#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.RmsNorm` (docs/operators.md).
class RmsNormDefinition final : public OperatorDefinition {
 public:
  RmsNormDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
