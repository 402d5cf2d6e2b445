#pragma once

#include "causal_conv1d/contract.h"

namespace edgefleet {

/// `edgefleet.CausalConv1d` on CUDA for one type of activations.
class CudaCausalConv1d final : public CausalConv1dContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaCausalConv1d(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
