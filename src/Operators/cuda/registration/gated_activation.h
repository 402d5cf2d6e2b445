#pragma once

#include "gated_activation/contract.h"

namespace edgefleet {

/// `edgefleet.GatedActivation` on CUDA for one type of activations.
class CudaGatedActivation final : public GatedActivationContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaGatedActivation(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
