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
  allocator_ = context.Allocator(memory);
  data_ = allocator_->Alloc(allocator_, bytes);
  if (data_ != nullptr) return;
  Ort().ReleaseAllocator(allocator_);
  context.Fail("no " + std::to_string(bytes) + " bytes of memory are left for its workspace.");
}

Scratch::~Scratch() {
  if (allocator_ == nullptr) return;
  allocator_->Free(allocator_, data_);
  Ort().ReleaseAllocator(allocator_);
}

}  // namespace edgefleet
