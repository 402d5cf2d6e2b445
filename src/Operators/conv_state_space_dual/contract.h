// Inputs, outputs, attributes and shapes of `edgefleet.ConvStateSpaceDual` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace conv_state_space_dual {
enum Input : size_t { kInput, kDt, kZ, kWeight, kBias, kA, kD, kDtBias, kPastWindow, kPastState };
enum Output : size_t { kY, kPresentWindow, kPresentState };

/// The attributes of a node, checked.
struct Attributes {
  explicit Attributes(const NodeAttributes& attributes);

  bool silu;
  int64_t groups;
  bool dt_softplus;
  float dt_min;
  float dt_max;
  int64_t input_offset;
  int64_t dt_offset;
  int64_t z_offset;
};
}  // namespace conv_state_space_dual

class ConvStateSpaceDualContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit ConvStateSpaceDualContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
