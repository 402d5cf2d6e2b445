// What four warps multiply for 64 columns of a head: a warp computes 16 columns p of the transposed outputs y^T[p, i] and of the
// transposed state S^T[p, n], so that an operand a comes from its own registers and an operand b, a panel, serves all four.
//
// Compiled for sm_90a the products run beside other work: their operands stay as they are until `WaitForProducts`.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "common/element.cuh"
#include "common/primitives.cuh"
#include "common/warpgroup.cuh"
#include "state_space_dual/fragments.cuh"
#include "state_space_dual/panel.cuh"

namespace edgefleet::cuda {

inline constexpr int kOutputTiles = kPanelRows / 8;
/// Steps of 16 along a panel's rows or columns.
inline constexpr int kPanelSteps = kPanelRows / 16;

#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
/// Describes a panel, or what begins `offset` bytes into it, as operand b.
__device__ __forceinline__ uint64_t PanelOperand(const Panel& panel, int offset) { return RowsOperand(SharedAddress(panel.bytes + offset)); }
#endif

/// Waits until at most `kPending` of the calls below are under way.
template <int kPending>
__device__ __forceinline__ void WaitForProducts() {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  WaitForGroups<kPending>();
#endif
}

/// Keeps the compiler from touching registers before this point that products have had under way.
template <int kRows>
__device__ __forceinline__ void Settle([[maybe_unused]] float (&values)[kRows][4]) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
#pragma unroll
  for (int i = 0; i < kRows; ++i) {
#pragma unroll
    for (int q = 0; q < 4; ++q) asm volatile("" : "+f"(values[i][q])::"memory");
  }
#endif
}

template <int kRows>
__device__ __forceinline__ void Settle([[maybe_unused]] uint32_t (&values)[kRows][4]) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
#pragma unroll
  for (int i = 0; i < kRows; ++i) {
#pragma unroll
    for (int q = 0; q < 4; ++q) asm volatile("" : "+r"(values[i][q])::"memory");
  }
#endif
}

/// Lets products read what this thread has written to shared memory; before the barrier.
__device__ __forceinline__ void PublishToProducts() {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

/// A warp's 16 columns of a state, rounded to T as operands a.
template <typename T, int kStates>
__device__ __forceinline__ void RoundState(const float (&state)[kStates / 8][4], uint32_t (&a)[kStates / 16][4]) {
#pragma unroll
  for (int k = 0; k < kStates / 16; ++k) {
#pragma unroll
    for (int q = 0; q < 4; ++q) {
      const float* from = state[2 * k + q / 2] + q % 2 * 2;
      a[k][q] = Pack<T>(from[0], from[1]);
    }
  }
}

/// y^T = S^T C^T, C in panels of 64 states.
template <typename T, int kStates>
__device__ __forceinline__ void MultiplyState(float (&y)[kOutputTiles][4], uint32_t (&state)[kStates / 16][4], const Panel* c,
                                              [[maybe_unused]] const LanePlace& place) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  Settle(state);
  BeginProducts();
#pragma unroll
  for (int k = 0; k < kStates / 16; ++k) {
    StartMultiplyAdd<T, 0>(y, state[k], PanelOperand(c[k / kPanelSteps], k % kPanelSteps * 32), k > 0);
  }
  CommitProducts();
#else
#pragma unroll
  for (int i = 0; i < kOutputTiles; ++i) {
#pragma unroll
    for (int q = 0; q < 4; ++q) y[i][q] = 0.0f;
  }
#pragma unroll
  for (int k = 0; k < kStates / 16; ++k) {
#pragma unroll
    for (int i = 0; i < kPanelSteps; ++i) {
      uint32_t b[4];
      LoadMatrices(b, c[k / kPanelSteps].At(i * 16 + place.b_row, k % kPanelSteps * 2 + place.b_column / 8));
      MultiplyAdd<T>(y[2 * i], state[k], b[0], b[1]);
      MultiplyAdd<T>(y[2 * i + 1], state[k], b[2], b[3]);
    }
  }
#endif
}

/// y^T += x^T M^T; the blocks of 16 of M above the diagonal are zero.
template <typename T>
__device__ __forceinline__ void AddInputs(float (&y)[kOutputTiles][4], uint32_t (&x)[kPanelSteps][4], const Panel& m,
                                          [[maybe_unused]] const LanePlace& place) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  Settle(x);
  Settle(y);
  BeginProducts();
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) StartMultiplyAdd<T, 0>(y, x[k], PanelOperand(m, k * 32), 1);
  CommitProducts();
#else
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) {
#pragma unroll
    for (int i = k; i < kPanelSteps; ++i) {
      uint32_t b[4];
      LoadMatrices(b, m.At(i * 16 + place.b_row, k * 2 + place.b_column / 8));
      MultiplyAdd<T>(y[2 * i], x[k], b[0], b[1]);
      MultiplyAdd<T>(y[2 * i + 1], x[k], b[2], b[3]);
    }
  }
#endif
}

/// S^T += x^T B, B in panels of 64 states.
template <typename T, int kStates>
__device__ __forceinline__ void AddToState(float (&state)[kStates / 8][4], uint32_t (&x)[kPanelSteps][4], const Panel* b_panels,
                                           [[maybe_unused]] const LanePlace& place) {
#if defined(EDGEFLEET_WARPGROUP_PRODUCTS)
  Settle(x);
  Settle(state);
  BeginProducts();
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) {
#pragma unroll
    for (int panel = 0; panel < kStates / kPanelColumns; ++panel) {
      StartMultiplyAdd<T, 1>(state + panel * 8, x[k], PanelOperand(b_panels[panel], k * 16 * kPanelRowBytes), 1);
    }
  }
  CommitProducts();
#else
#pragma unroll
  for (int k = 0; k < kPanelSteps; ++k) {
#pragma unroll
    for (int n = 0; n < kStates / 16; ++n) {
      uint32_t b[4];
      LoadMatricesTransposed(b, b_panels[n / kPanelSteps].At(k * 16 + place.a_row, n % kPanelSteps * 2 + place.a_column / 8));
      MultiplyAdd<T>(state[2 * n], x[k], b[0], b[1]);
      MultiplyAdd<T>(state[2 * n + 1], x[k], b[2], b[3]);
    }
  }
#endif
}

}  // namespace edgefleet::cuda
