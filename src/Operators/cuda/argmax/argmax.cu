#include "argmax/argmax.h"

#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/primitives.cuh"

namespace edgefleet::cuda {
namespace {

constexpr int kThreads = 256;
/// Blocks of a row: a vocabulary is read by half of a large GPU at once.
constexpr int kParts = 64;
constexpr unsigned kNotANumber = 0xffffffffu;

using Key = unsigned long long;

/// Grows with the value, and among equal values with a lower index; what is not a number is greater than all numbers.
__device__ __forceinline__ Key KeyOf(float value, unsigned index) {
  const unsigned bits = __float_as_uint(value);
  unsigned order = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  if (value != value) order = kNotANumber;
  return (static_cast<Key>(order) << 32) | (0xffffffffu - index);
}

__device__ __forceinline__ Key WarpMaximum(Key key) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    const Key other = __shfl_xor_sync(kFullWarp, key, distance);
    key = other > key ? other : key;
  }
  return key;
}

template <typename T>
__global__ void __launch_bounds__(kThreads) ArgMaxPartKernel(const ArgMaxArguments<T> p) {
  LetDependentsStart();
  WaitForPrerequisites();
  __shared__ Key shared[kThreads / 32];
  const T* row = p.values + static_cast<int64_t>(blockIdx.y) * p.columns;
  Key best = 0;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < p.columns; i += static_cast<int64_t>(kParts) * kThreads) {
    const Key key = KeyOf(ToFloat(row[i]), static_cast<unsigned>(i));
    best = key > best ? key : best;
  }
  best = WarpMaximum(best);
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = best;
  __syncthreads();
  if (threadIdx.x < 32) {
    best = WarpMaximum(threadIdx.x < kThreads / 32 ? shared[threadIdx.x] : 0);
    if (threadIdx.x == 0) static_cast<Key*>(p.workspace)[static_cast<int64_t>(blockIdx.y) * kParts + blockIdx.x] = best;
  }
}

__global__ void __launch_bounds__(32) ArgMaxRowKernel(const Key* parts, int64_t* indices) {
  LetDependentsStart();
  WaitForPrerequisites();
  const Key* row = parts + static_cast<int64_t>(blockIdx.x) * kParts;
  Key best = 0;
  for (int i = static_cast<int>(threadIdx.x); i < kParts; i += 32) best = row[i] > best ? row[i] : best;
  best = WarpMaximum(best);
  if (threadIdx.x == 0) {
    const int64_t index = 0xffffffffu - static_cast<unsigned>(best & 0xffffffffu);
    indices[blockIdx.x] = static_cast<unsigned>(best >> 32) == kNotANumber ? -1 - index : index;
  }
}

}  // namespace

size_t ArgMaxWorkspace(int64_t rows) { return static_cast<size_t>(rows) * kParts * sizeof(Key); }

template <typename T>
cudaError_t ArgMax(const ArgMaxArguments<T>& p, cudaStream_t stream) {
  constexpr int64_t kMostRows = 65535;
  if (p.rows < 1 || p.rows > kMostRows || p.columns < 1 || p.columns > UINT32_MAX) return cudaErrorInvalidValue;
  const unsigned rows = static_cast<unsigned>(p.rows);
  const cudaError_t error = LaunchDependent(ArgMaxPartKernel<T>, dim3(kParts, rows), dim3(kThreads), 0, stream, p);
  if (error != cudaSuccess) return error;
  return LaunchDependent(ArgMaxRowKernel, dim3(rows), dim3(32), 0, stream, static_cast<const Key*>(p.workspace), p.indices);
}

template cudaError_t ArgMax<float>(const ArgMaxArguments<float>&, cudaStream_t);
template cudaError_t ArgMax<__half>(const ArgMaxArguments<__half>&, cudaStream_t);
template cudaError_t ArgMax<__nv_bfloat16>(const ArgMaxArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
