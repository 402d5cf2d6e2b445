// Instruction sets that kernels are compiled for, and the choice among them.
#pragma once

namespace edgefleet {

/// In ascending order. cmake/Kernels.cmake has the compiler's flags for each.
enum class Isa {
  /// 128-bit vectors of what every processor of the architecture has.
  kBaseline,
#if defined(__x86_64__)
  /// AVX2, FMA and F16C.
  kAvx2,
  /// AVX-512 F, BW, DQ and VL.
  kAvx512,
  /// kAvx512 and VNNI (8-bit dot products).
  kAvx512Vnni,
#elif defined(__aarch64__)
  /// Advanced SIMD of ARMv8.0.
  kNeon,
  /// ARMv8.2 with dot products and half precision (Jetson Orin).
  kNeonDot,
#endif
};

#if defined(__x86_64__)
inline constexpr Isa kAllIsas[] = {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Vnni};
#elif defined(__aarch64__)
inline constexpr Isa kAllIsas[] = {Isa::kBaseline, Isa::kNeon, Isa::kNeonDot};
#else
inline constexpr Isa kAllIsas[] = {Isa::kBaseline};
#endif

/// As in the environment variable and the library's version text: `baseline`, `avx2`, `avx512`, ...
const char* Name(Isa isa);

/// Whether this processor and operating system can run it.
bool IsSupported(Isa isa);

/// The best supported one, found once; the environment variable EDGEFLEET_OPS_ISA can name a lower one.
Isa CurrentIsa();

}  // namespace edgefleet

// Declares `name` in the namespace of each instruction set, and `Select##name(isa)`, which returns that set's function.
// The kernel's file defines it in namespace edgefleet::EDGEFLEET_ISA. EDGEFLEET_KERNEL: sets that differ by dot products alone share
// one function. EDGEFLEET_DOT_KERNEL: each set has its own (the files of EDGEFLEET_DOT_KERNELS in CMakeLists.txt).
#if defined(__x86_64__)
#define EDGEFLEET_KERNEL(name, ...) EDGEFLEET_KERNEL_OF(name, avx512, __VA_ARGS__)
#define EDGEFLEET_DOT_KERNEL(name, ...) EDGEFLEET_KERNEL_OF(name, avx512_vnni, __VA_ARGS__)
#define EDGEFLEET_KERNEL_OF(name, dot, ...)                                    \
  using name##Signature = __VA_ARGS__;                                         \
  namespace baseline { name##Signature name; }                                 \
  namespace avx2 { name##Signature name; }                                     \
  namespace avx512 { name##Signature name; }                                   \
  namespace dot { name##Signature name; }                                      \
  inline name##Signature* Select##name(Isa isa) {                              \
    switch (isa) {                                                             \
      case Isa::kBaseline: return &baseline::name;                             \
      case Isa::kAvx2: return &avx2::name;                                     \
      case Isa::kAvx512: return &avx512::name;                                 \
      case Isa::kAvx512Vnni: return &dot::name;                                \
    }                                                                          \
    return &baseline::name;                                                    \
  }
#elif defined(__aarch64__)
#define EDGEFLEET_KERNEL(name, ...) EDGEFLEET_KERNEL_OF(name, neon, __VA_ARGS__)
#define EDGEFLEET_DOT_KERNEL(name, ...) EDGEFLEET_KERNEL_OF(name, neon_dot, __VA_ARGS__)
#define EDGEFLEET_KERNEL_OF(name, dot, ...)                                    \
  using name##Signature = __VA_ARGS__;                                         \
  namespace baseline { name##Signature name; }                                 \
  namespace neon { name##Signature name; }                                     \
  namespace dot { name##Signature name; }                                      \
  inline name##Signature* Select##name(Isa isa) {                              \
    switch (isa) {                                                             \
      case Isa::kBaseline: return &baseline::name;                             \
      case Isa::kNeon: return &neon::name;                                     \
      case Isa::kNeonDot: return &dot::name;                                   \
    }                                                                          \
    return &baseline::name;                                                    \
  }
#else
#define EDGEFLEET_KERNEL(name, ...)                                            \
  using name##Signature = __VA_ARGS__;                                         \
  namespace baseline { name##Signature name; }                                 \
  inline name##Signature* Select##name(Isa) { return &baseline::name; }
#define EDGEFLEET_DOT_KERNEL(name, ...) EDGEFLEET_KERNEL(name, __VA_ARGS__)
#endif
