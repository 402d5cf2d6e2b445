#include "mat_mul_n_bits/quantized_product.h"

#include "common/alignment.h"
#include "linear/tensor_product.cuh"

namespace edgefleet::cuda {
namespace {

static_assert(kQuantizedBlock == kWeightBlock && kMostQuantizedRows == kMostTensorRows, "a lane's block has one scale");

/// The bits of two float16 that are 1024 and more by what stands in their ten low bits.
constexpr uint32_t kOffsets = 0x64006400u;

/// Weights of 4 or 8 bits with a scale for each block.
template <int kBits>
struct QuantizedWeights {
  static constexpr int kAhead = 4;
  static constexpr int kBlockBytes = 4 * kBits;
  static constexpr PairOrder kOrder = kBits == 4 ? PairOrder::kFourApart : PairOrder::kNeighbours;

  struct Block {
    alignas(16) uint32_t words[kBlockBytes / 4];
    __half scale;

    /// Weights 4 i to 4 i + 3, rounded to float16, in their order.
    __device__ __forceinline__ void Pairs(int i, uint32_t (&pairs)[2]) const {
      if constexpr (kBits == 4) {
        const uint32_t word = words[i / 2] >> (8 * (i % 2));
        pairs[0] = (word & 0x000f000fu) | kOffsets;
        pairs[1] = (word >> 4 & 0x000f000fu) | kOffsets;
      } else {
        pairs[0] = __byte_perm(words[i], kOffsets, 0x5150);
        pairs[1] = __byte_perm(words[i], kOffsets, 0x5352);
      }
      constexpr uint32_t kZeros = kOffsets + (kBits == 4 ? 0x00080008u : 0x00800080u);
#pragma unroll
      for (uint32_t& pair : pairs) pair = Bits(__hmul2(__hsub2(Halves(pair), Halves(kZeros)), __half2half2(scale)));
    }
  };

  const uint8_t* weight;
  const __half* scales;

  __device__ __forceinline__ const unsigned char* Row(int64_t column, int blocks) const { return weight + column * blocks * kBlockBytes; }

  __device__ __forceinline__ Block Load(int64_t column, int at, int blocks) const {
    Block block;
    LoadWords(block.words, Row(column, blocks) + at * kBlockBytes);
    block.scale = scales[column * blocks + at];
    return block;
  }

 private:
  static __device__ __forceinline__ __half2 Halves(uint32_t bits) { return *reinterpret_cast<const __half2*>(&bits); }
  static __device__ __forceinline__ uint32_t Bits(__half2 halves) { return *reinterpret_cast<const uint32_t*>(&halves); }
};

template <int kBits>
cudaError_t LaunchBits(const QuantizedProductArguments& p, cudaStream_t stream) {
  const TensorProduct<__half, QuantizedWeights<kBits>> product{
      p.x, p.depth, {p.weight, p.scales}, p.bias, p.y, p.rows, p.columns, p.depth / kWeightBlock, p.constant_weight};
  return LaunchTensorProduct(product, stream);
}

}  // namespace

cudaError_t FewRowsQuantizedProduct(const QuantizedProductArguments& p, cudaStream_t stream) {
  const bool valid = p.rows >= 1 && p.rows <= kMostQuantizedRows && p.columns >= 1 && p.depth >= kQuantizedBlock && p.depth % kQuantizedBlock == 0 &&
                     RowsAligned(p.x, p.depth, 16) && RowsAligned(p.weight, 0, 16) && (p.bits == 4 || p.bits == 8);
  if (!valid) return cudaErrorInvalidValue;
  return p.bits == 4 ? LaunchBits<4>(p, stream) : LaunchBits<8>(p, stream);
}

}  // namespace edgefleet::cuda
