#pragma once

#include "gated_activation/contract.h"

namespace edgefleet {

/// `edgefleet.GatedActivation` (docs/operators.md).
class GatedActivationDefinition final : public GatedActivationContract {
 public:
  GatedActivationDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
