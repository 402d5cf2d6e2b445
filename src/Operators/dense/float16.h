// IEEE half precision as stored in scales.
#pragma once

#include <cstdint>
#include <cstring>
#if defined(__F16C__)
#include <immintrin.h>
#endif

namespace edgefleet::EDGEFLEET_ISA {

[[gnu::always_inline]] inline float FromHalf(uint16_t half) {
#if defined(__F16C__)
  return _cvtsh_ss(half);
#elif defined(__aarch64__)
  __fp16 value;
  std::memcpy(&value, &half, sizeof value);
  return static_cast<float>(value);
#else
  // A float's exponent is biased by 112 more. Subnormals are computed: as float bits they would be flushed to zero.
  const uint32_t exponent = half & 0x7c00u;
  const uint32_t bits = (static_cast<uint32_t>(half & 0x7fffu) << 13) + (exponent == 0x7c00u ? 224u << 23 : 112u << 23);
  float magnitude;
  std::memcpy(&magnitude, &bits, sizeof magnitude);
  if (exponent == 0) magnitude = static_cast<float>(half & 0x3ffu) * 5.9604645e-8f;
  return (half & 0x8000u) != 0 ? -magnitude : magnitude;
#endif
}

}  // namespace edgefleet::EDGEFLEET_ISA
