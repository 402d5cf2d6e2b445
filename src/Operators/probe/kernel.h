// What the machine can do at best, for the roofline.
#pragma once

#include <cstddef>
#include <cstdint>

#include "simd/isa.h"

namespace edgefleet {

/// Reads memory (64-byte aligned, a multiple of 256 bytes) once and returns a sum that depends on all of it.
EDGEFLEET_KERNEL(ProbeRead, float(const float* data, size_t bytes))

/// Fused multiply-adds on registers alone; returns how many floating-point operations it did and adds to `sink` what they gave.
EDGEFLEET_KERNEL(ProbeMultiplyAdd, double(size_t iterations, float* sink))

}  // namespace edgefleet
