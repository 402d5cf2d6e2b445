// cuBLAS for products of many rows: the library that ONNX Runtime's CUDA provider has loaded.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstdint>

#include "registration/kernel_context.h"

namespace edgefleet {

/// y [rows, columns] = x [rows, depth] * weight [columns, depth]^T. Sums are float32; float32 factors are not shortened. Throws by
/// `context` where cuBLAS is missing or fails.
void MatrixProduct(const KernelContext& context, const float* x, const float* weight, float* y, int rows, int columns, int depth);
void MatrixProduct(const KernelContext& context, const __half* x, const __half* weight, __half* y, int rows, int columns, int depth);
void MatrixProduct(const KernelContext& context, const __nv_bfloat16* x, const __nv_bfloat16* weight, __nv_bfloat16* y, int rows, int columns,
                   int depth);

}  // namespace edgefleet
