#pragma once

#include "group_query_attention/contract.h"

namespace edgefleet {

/// `edgefleet.GroupQueryAttention` on CUDA, for one 16-bit type: one token by a kernel of our own, more by ONNX Runtime's.
class CudaGroupQueryAttention final : public GroupQueryAttentionContract {
 public:
  /// `type` is float16 or bfloat16.
  explicit CudaGroupQueryAttention(ONNXTensorElementDataType type);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType type_;
};

}  // namespace edgefleet
