// Tiles of 64 rows of 64 elements of 16 bits in shared memory, as ldmatrix and the warpgroup products of compute capability 9.0 both like
// them: the 16-byte pieces of a row are permuted by its number, so that eight rows' pieces of one column lie in different banks.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/primitives.cuh"

namespace edgefleet::cuda {

inline constexpr int kPanelRows = 64;
inline constexpr int kPanelColumns = 64;
inline constexpr int kPanelRowBytes = kPanelColumns * 2;
/// Of 16 bytes, in a row.
inline constexpr int kPanelPieces = kPanelColumns / 8;
/// The permutation repeats after eight rows; warpgroup products want it to start at such a multiple.
inline constexpr unsigned kPanelAlignment = 8 * kPanelRowBytes;

struct alignas(kPanelAlignment) Panel {
  unsigned char bytes[kPanelRows * kPanelRowBytes];

  __device__ __forceinline__ const unsigned char* At(int row, int piece) const {
    return bytes + row * kPanelRowBytes + (piece ^ (row % 8)) * 16;
  }
  __device__ __forceinline__ unsigned char* At(int row, int piece) { return bytes + row * kPanelRowBytes + (piece ^ (row % 8)) * 16; }
};

/// The block's dynamic shared memory as a T of panels; a launch asks for kPanelAlignment bytes more than that.
template <typename T>
__device__ __forceinline__ T& SharedPanels() {
  unsigned char* bytes = DynamicShared();
  return *reinterpret_cast<T*>(bytes + (kPanelAlignment - SharedAddress(bytes) % kPanelAlignment) % kPanelAlignment);
}

/// A thread's part in copying 64 rows of `kPieces` * 8 elements at a time to neighbouring panels, by `kThreads` threads.
template <typename T, int kPieces, int kThreads>
class PanelCopies {
 public:
  __device__ __forceinline__ PanelCopies(const T* from, int64_t stride, int thread)
      : source_(from + thread / kPieces * stride + thread % kPieces * 8),
        row_(thread / kPieces),
        offset_(thread % kPieces / kPanelPieces * static_cast<int>(sizeof(Panel)) + row_ * kPanelRowBytes +
                (thread % kPanelPieces ^ row_ % 8) * 16) {}

  /// Starts to copy the next 64 rows, of which those from `rows` on become zero.
  __device__ __forceinline__ void Start(Panel* panels, int64_t stride, int rows) {
    unsigned char* to = panels->bytes + offset_;
#pragma unroll
    for (int first = 0; first < kPanelRows; first += kRowsAtOnce) {
      if (first + kRowsAtOnce > kPanelRows && first + row_ >= kPanelRows) break;
      // Nothing is read where the row is not valid.
      CopyAsync<16>(to + first * kPanelRowBytes, source_ + first * stride, first + row_ < rows);
    }
    source_ += kPanelRows * stride;
  }

 private:
  static constexpr int kRowsAtOnce = kThreads / kPieces;
  static_assert(kRowsAtOnce % 8 == 0 && kPieces % kPanelPieces == 0, "a thread's rows are permuted alike");

  const T* source_;
  int row_;
  int offset_;
};

}  // namespace edgefleet::cuda
