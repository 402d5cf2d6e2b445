// y = x * weight^T + bias, shared out over threads.
#pragma once

#include "linear/kernel.h"
#include "parallel/parallel_for.h"

namespace edgefleet {

void LinearProduct(const LinearOperands& operands, const ParallelFor& parallel_for, Isa isa);

}  // namespace edgefleet
