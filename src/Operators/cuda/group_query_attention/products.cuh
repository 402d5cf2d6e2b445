// The scores' products of attention and what holds their registers: the code for compute capability 9.0 alone, sm_90a.
#pragma once

#include "common/warpgroup.cuh"

#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
namespace edgefleet::cuda {

#define EDGEFLEET_TILE(d, i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])

// The type is a part of the instruction's name.
#define EDGEFLEET_START_SCORES(type)                                                                                                        \
  asm volatile(                                                                                                                             \
      "{\n"                                                                                                                                 \
      ".reg .pred kept;\n"                                                                                                                  \
      "setp.ne.b32 kept, %66, 0;\n"                                                                                                         \
      "wgmma.mma_async.sync.aligned.m64n128k16.f32." type "." type " "                                                                      \
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                                             \
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "                                                    \
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "                                                    \
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "                                                   \
      "%64, %65, kept, 1, 1, 0, 0;\n"                                                                                                       \
      "}\n"                                                                                                                                 \
      : EDGEFLEET_TILE(d, 0), EDGEFLEET_TILE(d, 1), EDGEFLEET_TILE(d, 2), EDGEFLEET_TILE(d, 3), EDGEFLEET_TILE(d, 4), EDGEFLEET_TILE(d, 5), \
        EDGEFLEET_TILE(d, 6), EDGEFLEET_TILE(d, 7), EDGEFLEET_TILE(d, 8), EDGEFLEET_TILE(d, 9), EDGEFLEET_TILE(d, 10),                      \
        EDGEFLEET_TILE(d, 11), EDGEFLEET_TILE(d, 12), EDGEFLEET_TILE(d, 13), EDGEFLEET_TILE(d, 14), EDGEFLEET_TILE(d, 15)                   \
      : "l"(a), "l"(b), "r"(add)                                                                                                            \
      : "memory")

/// d = a b^T, plus d where `add` is not 0: a 64x16 and b 128x16 of T in shared memory, d of float32 in tiles of eight columns.
template <typename T>
__device__ __forceinline__ void StartScores(float (&d)[16][4], uint64_t a, uint64_t b, int add) {
  if constexpr (std::is_same_v<T, __half>) {
    EDGEFLEET_START_SCORES("f16");
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>, "float16 or bfloat16");
    EDGEFLEET_START_SCORES("bf16");
  }
}

#undef EDGEFLEET_START_SCORES

/// Keeps the compiler from moving what it does with registers that products use across this place.
template <int kTiles>
__device__ __forceinline__ void HoldRegisters(float (&d)[kTiles][4]) {
#pragma unroll
  for (int i = 0; i < kTiles; ++i) asm volatile("" : EDGEFLEET_TILE(d, i)::"memory");
}

#undef EDGEFLEET_TILE

}  // namespace edgefleet::cuda
#endif
