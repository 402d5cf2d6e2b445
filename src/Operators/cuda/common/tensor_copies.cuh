// Copies of boxes of a tensor to shared memory by the tensor memory accelerator, which arrive at barriers: compute capability 9.0 and newer.
#pragma once

#include <cuda.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "common/primitives.cuh"

namespace edgefleet::cuda {

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

/// A barrier in shared memory that threads and copies arrive at. Its phases alternate between parity 0 and 1.
struct CopyBarrier {
  uint64_t word;

  __device__ __forceinline__ void Initialize(unsigned arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(SharedAddress(this)), "r"(arrivals) : "memory");
  }

  __device__ __forceinline__ void Arrive() {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(SharedAddress(this)) : "memory");
  }

  /// Arrives, and lets the phase end no earlier than `bytes` have been copied.
  __device__ __forceinline__ void ArriveExpecting(unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(SharedAddress(this)), "r"(bytes) : "memory");
  }

  /// Waits until the phase of this parity has ended.
  __device__ __forceinline__ void Wait(unsigned parity) {
    asm volatile(
        "{\n"
        ".reg .pred over;\n"
        "again:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
        "@!over bra again;\n"
        "}\n" ::"r"(SharedAddress(this)),
        "r"(parity)
        : "memory");
  }
};

/// Makes barriers that were initialized visible to copies; a barrier of the block's threads has to follow.
__device__ __forceinline__ void PublishBarriers() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

/// Starts to copy the box at the coordinates, innermost first. Elements outside the tensor become zeros.
__device__ __forceinline__ void CopyBox(void* shared, const CUtensorMap& map, int x, int y, int z, CopyBarrier& barrier) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(
                   SharedAddress(shared)),
               "l"(reinterpret_cast<uint64_t>(&map)), "r"(SharedAddress(&barrier)), "r"(x), "r"(y), "r"(z)
               : "memory");
}

#endif

}  // namespace edgefleet::cuda
