#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.Attention` (docs/operators.md).
class AttentionDefinition final : public OperatorDefinition {
 public:
  AttentionDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
