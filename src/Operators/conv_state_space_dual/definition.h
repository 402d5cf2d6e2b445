#pragma once

#include "conv_state_space_dual/contract.h"

namespace edgefleet {

/// `edgefleet.ConvStateSpaceDual` on the CPU for one type of activations: the kernels of `CausalConv1d` and `StateSpaceDual` behind each other,
/// so that graphs for CUDA run here too.
class ConvStateSpaceDualDefinition final : public ConvStateSpaceDualContract {
 public:
  /// `activations` is float32 or float16.
  explicit ConvStateSpaceDualDefinition(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
