#pragma once

#include "causal_conv1d/contract.h"

namespace edgefleet {

/// `edgefleet.CausalConv1d` (docs/operators.md) for one type of activations.
class CausalConv1dDefinition final : public CausalConv1dContract {
 public:
  /// `activations` is float32 or float16.
  explicit CausalConv1dDefinition(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
