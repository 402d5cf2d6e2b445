// Inputs, outputs and shapes of `edgefleet.GatedActivation` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace gated_activation {
enum Input : size_t { kX };
enum Output : size_t { kY };
}  // namespace gated_activation

class GatedActivationContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit GatedActivationContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
