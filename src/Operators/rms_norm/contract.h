// Inputs, outputs and shapes of `edgefleet.RmsNorm` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace rms_norm {
enum Input : size_t { kX, kWeight, kGate, kSkip };
enum Output : size_t { kY, kSum };
}  // namespace rms_norm

class RmsNormContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit RmsNormContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
