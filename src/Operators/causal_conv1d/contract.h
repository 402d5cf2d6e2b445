// Inputs, outputs and shapes of `edgefleet.CausalConv1d` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace causal_conv1d {
enum Input : size_t { kInput, kWeight, kBias, kPastWindow };
enum Output : size_t { kOutput, kPresentWindow };
}  // namespace causal_conv1d

class CausalConv1dContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit CausalConv1dContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
