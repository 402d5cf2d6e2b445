// The plain functions of the CUDA libraries; the agent calls them between two runs of a session.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "argmax/argmax.h"
#include "include/edgefleet/operators.h"

namespace {
constexpr int kFloat32 = 1;
constexpr int kFloat16 = 10;
constexpr int kBFloat16 = 16;

template <typename T>
int Start(const void* logits, int64_t rows, int64_t columns, void* workspace, int64_t* tokens, void* stream) {
  return edgefleet::cuda::ArgMax<T>({static_cast<const T*>(logits), workspace, tokens, rows, columns}, static_cast<cudaStream_t>(stream));
}
}  // namespace

int64_t edgefleet_cuda_argmax_workspace(int64_t rows) { return static_cast<int64_t>(edgefleet::cuda::ArgMaxWorkspace(rows)); }

int edgefleet_cuda_argmax(const void* logits, int element_type, int64_t rows, int64_t columns, void* workspace, int64_t* tokens,
                          void* stream) {
  switch (element_type) {
    case kFloat32: return Start<float>(logits, rows, columns, workspace, tokens, stream);
    case kFloat16: return Start<__half>(logits, rows, columns, workspace, tokens, stream);
    case kBFloat16: return Start<__nv_bfloat16>(logits, rows, columns, workspace, tokens, stream);
    default: return cudaErrorInvalidValue;
  }
}
