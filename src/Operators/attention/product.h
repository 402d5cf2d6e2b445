// An attention, shared out over threads.
#pragma once

#include "attention/arguments.h"
#include "parallel/parallel_for.h"
#include "simd/isa.h"

namespace edgefleet {

void ComputeAttention(const AttentionArguments& arguments, const ParallelFor& parallel_for, Isa isa);

}  // namespace edgefleet
