#pragma once

#include "selective_scan/contract.h"

namespace edgefleet {

/// `edgefleet.SelectiveScan` on CUDA for one type of activations.
class CudaSelectiveScan final : public SelectiveScanContract {
 public:
  /// `activations` is float32, float16 or bfloat16.
  explicit CudaSelectiveScan(ONNXTensorElementDataType activations);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType activations_;
};

}  // namespace edgefleet
