#include "cuda/registration/counters.h"

#include <cuda_runtime.h>

#include <string>

#include "registration/operator_error.h"
#include "registration/ort_api.h"

namespace edgefleet {

DeviceCounters::DeviceCounters(const NodeAttributes& node, size_t count) {
  Check(Ort().KernelInfoGetAllocator(node.info(), OrtMemTypeDefault, &allocator_));
  data_ = static_cast<unsigned*>(allocator_->Alloc(allocator_, count * sizeof(unsigned)));
  cudaError_t error = data_ == nullptr ? cudaErrorMemoryAllocation : cudaMemset(data_, 0, count * sizeof(unsigned));
  // The session's stream need not wait for this one.
  if (error == cudaSuccess) error = cudaStreamSynchronize(nullptr);
  if (error == cudaSuccess) return;
  if (data_ != nullptr) allocator_->Free(allocator_, data_);
  Ort().ReleaseAllocator(allocator_);
  throw OperatorError(ORT_FAIL, std::string("edgefleet: the counters of a node could not be made: ") + cudaGetErrorString(error) + ".");
}

DeviceCounters::~DeviceCounters() {
  allocator_->Free(allocator_, data_);
  Ort().ReleaseAllocator(allocator_);
}

}  // namespace edgefleet
