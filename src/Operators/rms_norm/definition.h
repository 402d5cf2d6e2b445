#pragma once

#include "rms_norm/contract.h"

namespace edgefleet {

/// `edgefleet.RmsNorm` (docs/operators.md).
class RmsNormDefinition final : public RmsNormContract {
 public:
  RmsNormDefinition();
  std::unique_ptr<Kernel> MakeKernel(const NodeAttributes& attributes) const override;
};

}  // namespace edgefleet
