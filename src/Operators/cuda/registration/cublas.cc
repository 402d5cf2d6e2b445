#include "cuda/registration/cublas.h"

#include <dlfcn.h>
#include <library_types.h>

#include <array>
#include <mutex>
#include <string>

namespace edgefleet {
namespace {

constexpr size_t kMaximumDevices = 64;

// What is used of cublas_v2.h, which does not come with every compiler: the interface has been the same since CUDA 11.
using Handle = void*;
using Status = int;
constexpr int kTransposed = 1;      // CUBLAS_OP_T
constexpr int kAsItIs = 0;          // CUBLAS_OP_N
constexpr int kSumsInFloat32 = 68;  // CUBLAS_COMPUTE_32F
constexpr int kBestAlgorithm = -1;  // CUBLAS_GEMM_DEFAULT

/// The functions that are used, found by name: the library links no cuBLAS of its own.
struct Library {
  Status (*create)(Handle*) = nullptr;
  Status (*set_stream)(Handle, cudaStream_t) = nullptr;
  Status (*gemm)(Handle, int, int, int, int, int, const void*, const void*, cudaDataType_t, int, const void*, cudaDataType_t, int,
                 const void*, void*, cudaDataType_t, int, int, int) = nullptr;
  std::string problem;

  Library() {
    const std::string name = "libcublas.so." + std::to_string(CUDART_VERSION / 1000);
    void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      problem = name + " does not load: " + dlerror();
      return;
    }
    create = reinterpret_cast<decltype(create)>(dlsym(handle, "cublasCreate_v2"));
    set_stream = reinterpret_cast<decltype(set_stream)>(dlsym(handle, "cublasSetStream_v2"));
    gemm = reinterpret_cast<decltype(gemm)>(dlsym(handle, "cublasGemmEx"));
    if (create == nullptr || set_stream == nullptr || gemm == nullptr) problem = name + " lacks a function of cuBLAS.";
  }
};

void Check(const KernelContext& context, Status status, const char* call) {
  if (status != 0) context.Fail(std::string(call) + " fails with status " + std::to_string(status) + " of cuBLAS.");
}

/// A handle holds a workspace of tens of megabytes: all nodes share one a device. `mutex` is held while it is used.
Handle CurrentHandle(const KernelContext& context, const Library& library) {
  static std::array<Handle, kMaximumDevices> handles{};
  int device = 0;
  const cudaError_t error = cudaGetDevice(&device);
  if (error != cudaSuccess) context.Fail(std::string("the current device is not known: ") + cudaGetErrorString(error) + ".");
  Handle& handle = handles.at(static_cast<size_t>(device));
  if (handle == nullptr) Check(context, library.create(&handle), "cublasCreate");
  return handle;
}

void Multiply(const KernelContext& context, cudaDataType_t type, const void* x, const void* weight, void* y, int rows, int columns,
              int depth) {
  static const Library library;
  static std::mutex mutex;
  if (!library.problem.empty()) context.Fail(library.problem);
  const std::lock_guard<std::mutex> lock(mutex);
  const Handle handle = CurrentHandle(context, library);
  Check(context, library.set_stream(handle, static_cast<cudaStream_t>(context.GpuStream())), "cublasSetStream");
  // Column major, as cuBLAS counts, y is [columns, rows] = weight^T * x.
  const float one = 1.0f;
  const float zero = 0.0f;
  Check(context,
        library.gemm(handle, kTransposed, kAsItIs, columns, rows, depth, &one, weight, type, depth, x, type, depth, &zero, y, type,
                     columns, kSumsInFloat32, kBestAlgorithm),
        "cublasGemmEx");
}

}  // namespace

void MatrixProduct(const KernelContext& context, const float* x, const float* weight, float* y, int rows, int columns, int depth) {
  Multiply(context, CUDA_R_32F, x, weight, y, rows, columns, depth);
}

void MatrixProduct(const KernelContext& context, const __half* x, const __half* weight, __half* y, int rows, int columns, int depth) {
  Multiply(context, CUDA_R_16F, x, weight, y, rows, columns, depth);
}

void MatrixProduct(const KernelContext& context, const __nv_bfloat16* x, const __nv_bfloat16* weight, __nv_bfloat16* y, int rows, int columns,
                   int depth) {
  Multiply(context, CUDA_R_16BF, x, weight, y, rows, columns, depth);
}

}  // namespace edgefleet
