// One vector register of float32 for the instruction set that the including file is compiled for, with the few operations
// that kernels are written in. Include only from files listed in EDGEFLEET_KERNELS of CMakeLists.txt: those are compiled
// once for each instruction set, each in its own namespace, and must not share inline code with each other.
#pragma once

#if !defined(EDGEFLEET_ISA)
#error "simd/floats.h belongs to kernel files only (cmake/Kernels.cmake)"
#endif

#if defined(EDGEFLEET_ISA_avx512) || defined(EDGEFLEET_ISA_avx512_vnni)
#include "simd/floats_avx512.h"
#elif defined(EDGEFLEET_ISA_avx2)
#include "simd/floats_avx2.h"
#elif defined(EDGEFLEET_ISA_neon) || defined(EDGEFLEET_ISA_neon_dot)
#include "simd/floats_neon.h"
#else
#include "simd/floats_baseline.h"
#endif

namespace edgefleet::EDGEFLEET_ISA {

#define EDGEFLEET_INLINE [[gnu::always_inline]] inline

inline constexpr int kLanes = Floats::kLanes;

EDGEFLEET_INLINE Floats operator-(Floats a) { return Floats::Zero() - a; }

/// The first `count` lanes (1..kLanes) of memory; the rest are zero. Full vectors take the short way.
template <typename T>
EDGEFLEET_INLINE Floats LoadUpTo(const T* source, int count) {
  return count == kLanes ? Load(source) : LoadPartial(source, count);
}

template <typename T>
EDGEFLEET_INLINE void StoreUpTo(T* target, Floats value, int count) {
  if (count == kLanes) {
    Store(target, value);
  } else {
    StorePartial(target, value, count);
  }
}

EDGEFLEET_INLINE float LoadScalar(const float* source) { return *source; }

template <typename Integer>
EDGEFLEET_INLINE constexpr Integer Least(Integer a, Integer b) {
  return b < a ? b : a;
}

template <typename Integer>
EDGEFLEET_INLINE constexpr Integer Greatest(Integer a, Integer b) {
  return a < b ? b : a;
}

}  // namespace edgefleet::EDGEFLEET_ISA
