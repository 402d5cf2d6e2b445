#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.Linear` (docs/operators.md).
class LinearDefinition final : public OperatorDefinition {
 public:
  LinearDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
