// Scratch memory that a thread keeps, so that a call allocates nothing once it has run at its largest size.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgefleet {

/// Aligned for any vector. Contents are undefined; valid until the same thread asks for the same purpose again.
enum class WorkspacePurpose { kCall, kTask };
float* ThreadWorkspace(WorkspacePurpose purpose, int64_t floats);

/// Rounds up so that what follows in a workspace stays aligned.
constexpr int64_t AlignedFloats(int64_t floats) { return (floats + 15) / 16 * 16; }

}  // namespace edgefleet
