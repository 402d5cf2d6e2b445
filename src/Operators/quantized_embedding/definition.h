#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

/// `edgefleet.QuantizedEmbedding` (docs/operators.md).
class QuantizedEmbeddingDefinition final : public OperatorDefinition {
 public:
  QuantizedEmbeddingDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
