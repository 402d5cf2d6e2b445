#include "parallel/ort_parallel_for.h"

#include "registration/ort_api.h"

namespace edgefleet {

void OrtParallelFor::Run(size_t count, void (*task)(void*, size_t), void* argument) const {
  // Without batches the pool hands out one index at a time, which balances cores of different speed.
  Check(Ort().KernelContext_ParallelFor(context_, task, count, 0, argument));
}

}  // namespace edgefleet
