#pragma once

#include "group_query_attention/contract.h"

namespace edgefleet {

/// `edgefleet.GroupQueryAttention` on the CPU: ONNX Runtime's operator, so that graphs for CUDA run here too.
class GroupQueryAttentionDefinition final : public GroupQueryAttentionContract {
 public:
  explicit GroupQueryAttentionDefinition(ONNXTensorElementDataType type);
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;

 private:
  ONNXTensorElementDataType type_;
};

}  // namespace edgefleet
