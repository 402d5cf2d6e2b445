// What computes one node. Attributes are read when it is made; `Compute` may be called by several threads at once.
#pragma once

namespace edgefleet {

class KernelContext;

class Kernel {
 public:
  virtual ~Kernel() = default;

  virtual void Compute(KernelContext& context) const = 0;
};

}  // namespace edgefleet
