// Inputs, outputs and shapes of `edgefleet.SelectiveScan` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace selective_scan {
enum Input : size_t { kU, kDelta, kA, kB, kC, kD, kZ, kDeltaBias, kPastState };
enum Output : size_t { kY, kPresentState };
}  // namespace selective_scan

class SelectiveScanContract : public OperatorDefinition {
 public:
  /// `activations` is float32, float16 or, on CUDA, bfloat16.
  explicit SelectiveScanContract(ONNXTensorElementDataType activations, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
