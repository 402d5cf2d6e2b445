// What a library's kernels run on.
#pragma once

namespace edgefleet {

/// Part of the library's version: the instruction set chosen on this machine, or the CUDA toolkit.
const char* Target();

}  // namespace edgefleet
