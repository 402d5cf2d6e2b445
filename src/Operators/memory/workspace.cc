#include "memory/workspace.h"

#include <cstdlib>
#include <memory>
#include <new>

namespace edgefleet {
namespace {

constexpr size_t kAlignment = 64;

struct Release {
  void operator()(float* memory) const { std::free(memory); }
};

struct Buffer {
  std::unique_ptr<float, Release> memory;
  int64_t floats = 0;
};

}  // namespace

float* ThreadWorkspace(WorkspacePurpose purpose, int64_t floats) {
  static thread_local Buffer buffers[2];
  Buffer& buffer = buffers[static_cast<size_t>(purpose)];
  if (buffer.floats < floats) {
    const int64_t aligned = AlignedFloats(floats);
    buffer.memory.reset();
    buffer.memory.reset(static_cast<float*>(std::aligned_alloc(kAlignment, static_cast<size_t>(aligned) * sizeof(float))));
    buffer.floats = buffer.memory ? aligned : 0;
    if (!buffer.memory) throw std::bad_alloc();
  }
  return buffer.memory.get();
}

}  // namespace edgefleet
