// Inputs, outputs and shapes of `edgefleet.StateSpaceDual` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace state_space_dual {
enum Input : size_t { kX, kDt, kA, kB, kC, kD, kZ, kDtBias, kPastState };
enum Output : size_t { kY, kPresentState };
}  // namespace state_space_dual

class StateSpaceDualContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit StateSpaceDualContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
