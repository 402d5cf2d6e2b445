#pragma once

#include "attention/contract.h"

namespace edgefleet {

/// `edgefleet.Attention` (docs/operators.md).
class AttentionDefinition final : public AttentionContract {
 public:
  AttentionDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
