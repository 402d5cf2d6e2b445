#include "gated_activation/gated_activation.h"

#include "common/alignment.h"
#include "common/element.cuh"
#include "common/launch.cuh"
#include "common/math.cuh"

namespace edgefleet::cuda {
namespace {

constexpr int kThreads = 128;

template <typename T>
__device__ __forceinline__ float Activate(Activation activation, float x) {
  switch (activation) {
    case Activation::kSilu: return Math<T>::Silu(x);
    case Activation::kGelu: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
    default: return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
  }
}

template <typename T, int kVector>
__global__ void __launch_bounds__(kThreads) GatedActivationKernel(const GatedActivationArguments<T> p) {
  LetDependentsStart();
  WaitForPrerequisites();
  const int64_t columns = p.features / kVector;
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= p.rows * columns) return;
  const int64_t row = i / columns;
  const int64_t feature = (i - row * columns) * kVector;
  const T* x = p.x + row * 2 * p.features + feature;
  const Vector<T, kVector> gate = LoadVector<T, kVector>(x);
  const Vector<T, kVector> value = LoadVector<T, kVector>(x + p.features);
  float result[kVector];
#pragma unroll
  for (int v = 0; v < kVector; ++v) {
    result[v] = Activate<T>(p.activation, ToFloat(gate, v)) * ToFloat(value, v);
  }
  StoreVector<T, kVector>(p.y + row * p.features + feature, FromFloats<T>(result));
}

template <typename T, int kVector>
cudaError_t LaunchGatedActivation(const GatedActivationArguments<T>& p, cudaStream_t stream) {
  const int64_t blocks = (p.rows * (p.features / kVector) + kThreads - 1) / kThreads;
  if (blocks > INT32_MAX) return cudaErrorInvalidValue;
  return LaunchDependent(GatedActivationKernel<T, kVector>, dim3(static_cast<unsigned>(blocks)), dim3(kThreads), 0, stream, p);
}

}  // namespace

template <typename T>
cudaError_t GatedActivation(const GatedActivationArguments<T>& p, cudaStream_t stream) {
  if (p.rows < 1 || p.features < 1) return cudaErrorInvalidValue;
  constexpr int kVector = kVectorElements<T>;
  const bool aligned = p.features % kVector == 0 && RowsAligned(p.x, 2 * p.features, 16) && RowsAligned(p.y, p.features, 16);
  return aligned ? LaunchGatedActivation<T, kVector>(p, stream) : LaunchGatedActivation<T, 1>(p, stream);
}

template cudaError_t GatedActivation<float>(const GatedActivationArguments<float>&, cudaStream_t);
template cudaError_t GatedActivation<__half>(const GatedActivationArguments<__half>&, cudaStream_t);
template cudaError_t GatedActivation<__nv_bfloat16>(const GatedActivationArguments<__nv_bfloat16>&, cudaStream_t);

}  // namespace edgefleet::cuda
