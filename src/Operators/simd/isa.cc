#include "simd/isa.h"

#include <cstdlib>
#include <cstring>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace edgefleet {

const char* Name(Isa isa) {
  switch (isa) {
    case Isa::kBaseline: return "baseline";
#if defined(__x86_64__)
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
    case Isa::kAvx512Vnni: return "avx512_vnni";
#elif defined(__aarch64__)
    case Isa::kNeon: return "neon";
    case Isa::kNeonDot: return "neon_dot";
#endif
  }
  return "";
}

bool IsSupported(Isa isa) {
  switch (isa) {
    case Isa::kBaseline: return true;
#if defined(__x86_64__)
    // The compiler's functions look at the operating system's state saving (XCR0) too.
    case Isa::kAvx2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case Isa::kAvx512:
      return IsSupported(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAvx512Vnni: return IsSupported(Isa::kAvx512) && __builtin_cpu_supports("avx512vnni");
#elif defined(__aarch64__)
    case Isa::kNeon: return true;
    case Isa::kNeonDot: {
      const unsigned long capabilities = getauxval(AT_HWCAP);
      return (capabilities & HWCAP_ASIMDDP) != 0 && (capabilities & HWCAP_ASIMDHP) != 0;
    }
#endif
  }
  return false;
}

Isa CurrentIsa() {
  static const Isa chosen = [] {
    Isa best = Isa::kBaseline;
    const char* limit = std::getenv("EDGEFLEET_OPS_ISA");
    for (const Isa isa : kAllIsas) {
      if (!IsSupported(isa)) continue;
      best = isa;
      if (limit != nullptr && std::strcmp(limit, Name(isa)) == 0) break;
    }
    return best;
  }();
  return chosen;
}

}  // namespace edgefleet
