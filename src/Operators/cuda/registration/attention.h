#pragma once

#include "attention/contract.h"

namespace edgefleet {

/// `edgefleet.Attention` on CUDA, float32.
class CudaAttention final : public AttentionContract {
 public:
  CudaAttention();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
