// Products of four warps together (wgmma): the code for compute capability 9.0 alone, sm_90a.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

#include "common/primitives.cuh"

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define EDGEFLEET_WARPGROUP_PRODUCTS 1
#endif

#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
namespace edgefleet::cuda {

/// Describes rows of 64 elements of 16 bits in shared memory as an operand: their 16-byte pieces are permuted by row (128-byte swizzle), and eight
/// rows apart are 1,024 bytes.
__device__ __forceinline__ uint64_t RowsOperand(unsigned address) {
  constexpr uint64_t kPermuted128 = uint64_t{1} << 62;
  constexpr uint64_t kEightRows = uint64_t{8 * 128 / 16} << 32;
  constexpr uint64_t kNotUsed = uint64_t{1} << 16;
  return kPermuted128 | kEightRows | kNotUsed | ((address & 0x3ffffu) >> 4);
}

/// d = a b, plus d where `add` is not 0: a 64x16, 16 rows a warp, and b 16x64 of T, float16 or bfloat16, d of float32 in tiles of eight
/// columns. b is stored [n][k], or [k][n] where `kTransposed` is 1. a and d are under way until the wait.
template <typename T, int kTransposed>
__device__ __forceinline__ void StartMultiplyAdd(float (*d)[4], const uint32_t (&a)[4], uint64_t b, int add) {
  // The type is a part of the instruction's name.
#define EDGEFLEET_START_MULTIPLY_ADD(type)                                                                \
  asm volatile(                                                                                           \
      "{\n"                                                                                               \
      ".reg .pred kept;\n"                                                                                \
      "setp.ne.b32 kept, %37, 0;\n"                                                                       \
      "wgmma.mma_async.sync.aligned.m64n64k16.f32." type "." type " "                                     \
      "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                           \
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, "                 \
      "{%32, %33, %34, %35}, %36, kept, 1, 1, %38;\n"                                                     \
      "}\n"                                                                                               \
      : "+f"(d[0][0]), "+f"(d[0][1]), "+f"(d[0][2]), "+f"(d[0][3]),                                       \
        "+f"(d[1][0]), "+f"(d[1][1]), "+f"(d[1][2]), "+f"(d[1][3]),                                       \
        "+f"(d[2][0]), "+f"(d[2][1]), "+f"(d[2][2]), "+f"(d[2][3]),                                       \
        "+f"(d[3][0]), "+f"(d[3][1]), "+f"(d[3][2]), "+f"(d[3][3]),                                       \
        "+f"(d[4][0]), "+f"(d[4][1]), "+f"(d[4][2]), "+f"(d[4][3]),                                       \
        "+f"(d[5][0]), "+f"(d[5][1]), "+f"(d[5][2]), "+f"(d[5][3]),                                       \
        "+f"(d[6][0]), "+f"(d[6][1]), "+f"(d[6][2]), "+f"(d[6][3]),                                       \
        "+f"(d[7][0]), "+f"(d[7][1]), "+f"(d[7][2]), "+f"(d[7][3])                                        \
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(add), "n"(kTransposed)                    \
      : "memory")
  if constexpr (std::is_same_v<T, __half>) {
    EDGEFLEET_START_MULTIPLY_ADD("f16");
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>, "float16 or bfloat16");
    EDGEFLEET_START_MULTIPLY_ADD("bf16");
  }
#undef EDGEFLEET_START_MULTIPLY_ADD
}

/// What the warps have in registers and products will use is there.
__device__ __forceinline__ void BeginProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

/// Closes the group of products that were started.
__device__ __forceinline__ void CommitProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

/// Waits until at most `kPending` groups are under way.
template <int kPending>
__device__ __forceinline__ void WaitForGroups() {
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
