#pragma once

#include "group_query_attention/contract.h"

namespace edgefleet {

/// `edgefleet.GroupQueryAttention` on CUDA, float16: one token by a kernel of our own, more by ONNX Runtime's.
class CudaGroupQueryAttention final : public GroupQueryAttentionContract {
 public:
  CudaGroupQueryAttention();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
