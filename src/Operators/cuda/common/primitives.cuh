// Single instructions that CUDA C++ has no spelling for. PTX ISA 7.8 and compute capability 8.0 suffice.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <type_traits>

namespace edgefleet::cuda {

inline constexpr unsigned kFullWarp = 0xffffffffu;

/// Lets the next kernel of the stream start, if it was launched to (`LaunchDependent`), once all blocks have said so or ended.
__device__ __forceinline__ void LetDependentsStart() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

/// Waits until all work before this kernel has ended and can be seen.
__device__ __forceinline__ void WaitForPrerequisites() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

/// Asks for the line of an address to be in the second-level cache.
__device__ __forceinline__ void PrefetchToL2(const void* address) { asm volatile("prefetch.global.L2 [%0];" ::"l"(address)); }

/// The block's dynamic shared memory, aligned for 16-byte accesses.
__device__ __forceinline__ unsigned char* DynamicShared() {
  extern __shared__ __align__(16) unsigned char dynamic_shared[];
  return dynamic_shared;
}

/// As __syncthreads, for warps that wait in different places of a kernel.
__device__ __forceinline__ void BlockBarrier() { asm volatile("bar.sync 0;" ::: "memory"); }

/// A barrier of `kThreads` threads of a block, whole warps. 0 is __syncthreads' own.
template <int kThreads>
__device__ __forceinline__ void NamedBarrier(int index) {
  asm volatile("bar.sync %0, %1;" ::"r"(index), "n"(kThreads) : "memory");
}

/// As above for a number of threads that is known at run time.
__device__ __forceinline__ void NamedBarrier(int index, int threads) {
  asm volatile("bar.sync %0, %1;" ::"r"(index), "r"(threads) : "memory");
}

/// Counts a caller of `last` + 1, whose counter goes back to 0 with the last of them: whether it is that one. What the others did before
/// happened before what it does next.
__device__ __forceinline__ bool CountToLast(unsigned* counter, unsigned last) {
  unsigned before;
  asm volatile("atom.acq_rel.gpu.global.inc.u32 %0, [%1], %2;" : "=r"(before) : "l"(counter), "r"(last) : "memory");
  return before == last;
}

/// 2^x by the special function unit; relative error up to 2^-22, denormals flushed.
__device__ __forceinline__ float ApproximateExp2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// log2(x) by the special function unit.
__device__ __forceinline__ float ApproximateLog2(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// 1/x by the special function unit.
__device__ __forceinline__ float ApproximateReciprocal(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ __forceinline__ unsigned SharedAddress(const void* shared) {
  return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}

/// The pointer to shared memory that `SharedAddress` has made an address of.
template <typename T>
__device__ __forceinline__ T* SharedPointer(unsigned address) {
  return static_cast<T*>(__cvta_shared_to_generic(address));
}

/// Stores 8 bytes where `valid`; a predicate instead of a branch.
__device__ __forceinline__ void StoreIf(void* to, uint2 value, bool valid) {
  asm volatile(
      "{\n"
      ".reg .pred valid;\n"
      "setp.ne.b32 valid, %3, 0;\n"
      "@valid st.global.v2.b32 [%0], {%1, %2};\n"
      "}\n" ::"l"(to),
      "r"(value.x), "r"(value.y), "r"(static_cast<int>(valid))
      : "memory");
}

/// Starts a copy of `kBytes` (4, 8 or 16) from global to shared memory; writes zeros where `valid` is false.
template <int kBytes>
__device__ __forceinline__ void CopyAsync(void* shared, const void* global, bool valid) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16, "cp.async copies 4, 8 or 16 bytes");
  const int bytes = valid ? kBytes : 0;
  if constexpr (kBytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(SharedAddress(shared)), "l"(global), "r"(bytes) : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(SharedAddress(shared)), "l"(global), "n"(kBytes), "r"(bytes)
                 : "memory");
  }
}

/// Closes the group of copies that this thread has started.
__device__ __forceinline__ void CommitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until at most `kPending` of this thread's groups are under way.
template <int kPending>
__device__ __forceinline__ void WaitForCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

/// Four 8x8 matrices of 16-bit elements; lane l gives the address of row l % 8 of matrix l / 8.
__device__ __forceinline__ void LoadMatrices(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(SharedAddress(row))
               : "memory");
}

/// As `LoadMatrices`, each matrix transposed.
__device__ __forceinline__ void LoadMatricesTransposed(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(SharedAddress(row))
               : "memory");
}

/// An 8x8 matrix of 16-bit elements, of whose row l / 4 lane l has two, transposed.
__device__ __forceinline__ uint32_t TransposeMatrix(uint32_t pair) {
  uint32_t transposed;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(transposed) : "r"(pair));
  return transposed;
}

/// c += a * b on the tensor cores: a 16x16 and b 16x8 of T, float16 or bfloat16, c 16x8 of float32.
template <typename T>
__device__ __forceinline__ void MultiplyAdd(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  // The type is a part of the instruction's name.
#define EDGEFLEET_MULTIPLY_ADD(type)                                                                                              \
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." type "." type ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "       \
               "{%0, %1, %2, %3};"                                                                                                \
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                                   \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))
  if constexpr (std::is_same_v<T, __half>) {
    EDGEFLEET_MULTIPLY_ADD("f16");
  } else {
    static_assert(std::is_same_v<T, __nv_bfloat16>, "float16 or bfloat16");
    EDGEFLEET_MULTIPLY_ADD("bf16");
  }
#undef EDGEFLEET_MULTIPLY_ADD
}

}  // namespace edgefleet::cuda
