// C B^T of each chunk and group, which serves all heads of the group: 16 x 16 blocks on and below the diagonal, in float32.
//
// The order is that in which the 128 threads of a head use it (`ProductPlace`): 320 rows of eight columns each, the first four columns of
// all of them in front of the last four, so that neighbouring threads read neighbouring vectors.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "common/launch.cuh"
#include "common/primitives.cuh"
#include "state_space_dual/chunk_steps.cuh"
#include "state_space_dual/fragments.cuh"
#include "state_space_dual/panel.cuh"
#include "state_space_dual/state_space_dual.h"

namespace edgefleet::cuda {

/// Rows of eight columns in the ten blocks of a chunk.
inline constexpr int kProductRows = 320;
inline constexpr int kProductVectors = 2 * kProductRows;
inline constexpr int kProductFloats = 4 * kProductVectors;
inline constexpr int kProductThreads = kChunk / 16 * 32;

/// Which eight columns, from 8 * `piece` on, of which row a thread of 128 takes in one of `kProductRounds`; the blocks of 16 rows
/// have 128, 96 and 32, and 64 of these rows of eight.
struct ProductPlace {
  int row_block;
  int row;
  int piece;
};

inline constexpr int kProductRounds = 3;

/// Threads from 64 on have none in the last round.
__device__ __forceinline__ ProductPlace PlaceOfProduct(int round, int thread) {
  const int piece = thread / 16;
  constexpr int kPiecesOfThirdBlock = 6;
  const bool first_block = piece >= kPiecesOfThirdBlock;
  const int row_block = round == 0 ? 3 : (round == 2 ? 1 : (first_block ? 0 : 2));
  return {row_block, row_block * 16 + thread % 16, round == 1 && first_block ? piece - kPiecesOfThirdBlock : piece};
}

/// The float that holds row i and column j; its neighbour j + 1 follows where j is even.
__device__ __forceinline__ int ProductIndex(int i, int j) {
  const int row_block = i / 16;
  const int first = row_block == 3 ? 0 : (row_block == 2 ? 128 : (row_block == 0 ? 224 : 256));
  const int vector = first + j / 8 * 16 + i % 16;
  return (j / 4 % 2 * kProductRows + vector) * 4 + j % 4;
}

template <typename T, int kStates>
__global__ void __launch_bounds__(kProductThreads)
    StateSpaceDualProductsKernel(const StateSpaceDualArguments<T> p, float* const products) {
  constexpr int kPanels = kStates / kPanelColumns;
  struct Tiles {
    Panel c[kPanels];
    Panel b[kPanels];
  };
  LetDependentsStart();
  WaitForPrerequisites();
  Tiles& tiles = SharedPanels<Tiles>();
  const LanePlace place = PlaceOfLane();
  const int thread = static_cast<int>(threadIdx.x);
  const int row_block = thread / 32;
  const int64_t t0 = static_cast<int64_t>(blockIdx.x) * kChunk;
  const int64_t group = blockIdx.y;
  const int64_t batch = blockIdx.z;
  const int rows = p.length - t0 < kChunk ? static_cast<int>(p.length - t0) : kChunk;
  using Copies = PanelCopies<T, kStates / 8, kProductThreads>;
  Copies(p.c + (batch * p.length + t0) * p.c_stride + group * kStates, p.c_stride, thread).Start(tiles.c, p.c_stride, rows);
  Copies(p.b + (batch * p.length + t0) * p.b_stride + group * kStates, p.b_stride, thread).Start(tiles.b, p.b_stride, rows);
  CommitCopies();
  WaitForCopies<0>();
  __syncthreads();

  float sum[kChunk / 16][2][4] = {};
#pragma unroll
  for (int k = 0; k < kStates / 16; ++k) {
    uint32_t c[4];
    LoadMatrices(c, tiles.c[k / 4].At(row_block * 16 + place.a_row, k % 4 * 2 + place.a_column / 8));
#pragma unroll
    for (int block = 0; block < kChunk / 16; ++block) {
      if (block <= row_block) {
        uint32_t b[4];
        LoadMatrices(b, tiles.b[k / 4].At(block * 16 + place.b_row, k % 4 * 2 + place.b_column / 8));
        MultiplyAdd<T>(sum[block][0], c, b[0], b[1]);
        MultiplyAdd<T>(sum[block][1], c, b[2], b[3]);
      }
    }
  }
  float* to = products + ((batch * p.groups + group) * gridDim.x + blockIdx.x) * kProductFloats;
#pragma unroll
  for (int block = 0; block < kChunk / 16; ++block) {
    if (block <= row_block) {
#pragma unroll
      for (int tile = 0; tile < 2; ++tile) {
#pragma unroll
        for (int upper = 0; upper < 2; ++upper) {
          const int i = row_block * 16 + place.tile_row + upper * 8;
          const int j = block * 16 + tile * 8 + place.tile_column;
          *reinterpret_cast<float2*>(to + ProductIndex(i, j)) = make_float2(sum[block][tile][upper * 2], sum[block][tile][upper * 2 + 1]);
        }
      }
    }
  }
}

/// Floats of all chunks.
template <typename T>
size_t ProductFloats(const StateSpaceDualArguments<T>& p) {
  return static_cast<size_t>(p.batch) * p.groups * static_cast<size_t>((p.length + kChunk - 1) / kChunk) * kProductFloats;
}

template <typename T, int kStates>
cudaError_t LaunchDualProducts(const StateSpaceDualArguments<T>& p, float* products, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>((p.length + kChunk - 1) / kChunk), static_cast<unsigned>(p.groups), static_cast<unsigned>(p.batch));
  constexpr size_t kShared = 2 * (kStates / kPanelColumns) * sizeof(Panel) + kPanelAlignment;
  return LaunchDependent(StateSpaceDualProductsKernel<T, kStates>, grid, dim3(kProductThreads), kShared, stream, p, products);
}

}  // namespace edgefleet::cuda
