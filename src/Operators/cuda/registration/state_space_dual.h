#pragma once

#include "state_space_dual/contract.h"

namespace edgefleet {

/// `edgefleet.StateSpaceDual` on CUDA for one type of activations.
class CudaStateSpaceDual final : public StateSpaceDualContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaStateSpaceDual(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
