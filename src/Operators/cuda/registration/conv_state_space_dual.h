#pragma once

#include "conv_state_space_dual/contract.h"

namespace edgefleet {

/// `edgefleet.ConvStateSpaceDual` on CUDA for one type of activations.
class CudaConvStateSpaceDual final : public ConvStateSpaceDualContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaConvStateSpaceDual(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
