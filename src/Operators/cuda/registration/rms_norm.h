#pragma once

#include "rms_norm/contract.h"

namespace edgefleet {

/// `edgefleet.RmsNorm` on CUDA for one type of activations.
class CudaRmsNorm final : public RmsNormContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaRmsNorm(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
