// Vector functions of each instruction set, callable on arrays.
#pragma once

#include <cstdint>

#include "simd/half.h"
#include "simd/isa.h"

namespace edgefleet {

enum class VectorFunction { kExp, kExp2, kSigmoid, kSilu, kSoftplus, kGelu, kGeluTanh };

EDGEFLEET_KERNEL(ApplyVectorFunction, void(VectorFunction, const float*, float*, int64_t))
EDGEFLEET_KERNEL(WidenHalf, void(const Half*, float*, int64_t))
EDGEFLEET_KERNEL(NarrowToHalf, void(const float*, Half*, int64_t))
EDGEFLEET_KERNEL(SumAndGreatest, void(const float*, int64_t, float*, float*))

}  // namespace edgefleet
