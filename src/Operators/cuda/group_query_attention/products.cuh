// Products of four warps together (wgmma) for attention: the code for compute capability 9.0 alone, sm_90a.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "common/primitives.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define EDGEFLEET_ATTENTION_PRODUCTS 1
#endif

#if defined(EDGEFLEET_ATTENTION_PRODUCTS)
namespace edgefleet::cuda {

/// Describes rows of 64 elements of 16 bits in shared memory, 16-byte pieces permuted by row as the copies of tensor maps do (128-byte swizzle).
__device__ __forceinline__ uint64_t RowsOperand(unsigned address) {
  constexpr uint64_t kPermuted128 = uint64_t{1} << 62;
  constexpr uint64_t kEightRows = uint64_t{8 * 128 / 16} << 32;
  constexpr uint64_t kNotUsed = uint64_t{1} << 16;
  return kPermuted128 | kEightRows | kNotUsed | ((address & 0x3ffffu) >> 4);
}

#define EDGEFLEET_TILE(d, i) "+f"(d[i][0]), "+f"(d[i][1]), "+f"(d[i][2]), "+f"(d[i][3])

// The type is a part of the instructions' names.
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

#define EDGEFLEET_START_WEIGHTED_SUM(type)                                                                                                  \
  asm volatile(                                                                                                                             \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " "                                                                       \
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                                             \
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "                                                   \
      "{%32, %33, %34, %35}, %36, 1, 1, 1, 1;\n"                                                                                            \
      : EDGEFLEET_TILE(d, 0), EDGEFLEET_TILE(d, 1), EDGEFLEET_TILE(d, 2), EDGEFLEET_TILE(d, 3), EDGEFLEET_TILE(d, 4), EDGEFLEET_TILE(d, 5), \
        EDGEFLEET_TILE(d, 6), EDGEFLEET_TILE(d, 7)                                                                                          \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b)                                                                                  \
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

/// d += a b: a 64x16 of T in registers, b 16x64 in shared memory, [k][n].
template <typename T>
__device__ __forceinline__ void StartWeightedSum(float (*d)[4], const uint32_t (&a)[4], uint64_t b) {
  if constexpr (std::is_same_v<T, __half>) {
    EDGEFLEET_START_WEIGHTED_SUM("f16");
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>, "float16 or bfloat16");
    EDGEFLEET_START_WEIGHTED_SUM("bf16");
  }
}

#undef EDGEFLEET_START_SCORES
#undef EDGEFLEET_START_WEIGHTED_SUM

/// Keeps the compiler from moving what it does with registers that products use across this place.
template <int kTiles>
__device__ __forceinline__ void HoldRegisters(float (&d)[kTiles][4]) {
#pragma unroll
  for (int i = 0; i < kTiles; ++i) asm volatile("" : EDGEFLEET_TILE(d, i)::"memory");
}

#undef EDGEFLEET_TILE

/// What the warps have in registers and products will use is there.
__device__ __forceinline__ void BeginAttentionProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// Closes the group of products that were started.
__device__ __forceinline__ void CommitAttentionProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/// Waits until at most `kPending` groups are under way.
template <int kPending>
__device__ __forceinline__ void WaitForAttentionProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
}

/// Takes or gives back registers, so that a thread of these four warps has `kCount`.
template <int kCount>
__device__ __forceinline__ void RaiseRegisters() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kCount));
}
template <int kCount>
__device__ __forceinline__ void LowerRegisters() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kCount));
}

}  // namespace edgefleet::cuda
#endif
