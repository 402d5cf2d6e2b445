#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.GatedActivation` (docs/operators.md).
class GatedActivationDefinition final : public OperatorDefinition {
 public:
  GatedActivationDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
