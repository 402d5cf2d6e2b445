#include "registration/scratch.h"

#include <string>

#include "registration/ort_api.h"

namespace edgefleet {
namespace {

/// The runtime's name for the host's memory; made once a process.
const OrtMemoryInfo* HostMemory() {
  static const OrtMemoryInfo* memory = [] {
    OrtMemoryInfo* made = nullptr;
    Check(Ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &made));
    return made;
  }();
  return memory;
}

}  // namespace

Scratch::Scratch(const KernelContext& context, size_t bytes) : Scratch(context, HostMemory(), bytes) {}

Scratch::Scratch(const KernelContext& context, const OrtMemoryInfo* memory, size_t bytes) {
  if (bytes == 0) return;
  allocator_.reset(context.Allocator(memory));
  // An arena throws where its memory ends, others answer null.
  data_ = allocator_->Alloc(allocator_.get(), bytes);
  if (data_ == nullptr) context.Fail("out of memory: no " + std::to_string(bytes) + " bytes are left for its workspace.");
}

Scratch::~Scratch() {
  if (data_ != nullptr) allocator_->Free(allocator_.get(), data_);
}

void Scratch::ReleaseAllocator::operator()(OrtAllocator* allocator) const { Ort().ReleaseAllocator(allocator); }

}  // namespace edgefleet
