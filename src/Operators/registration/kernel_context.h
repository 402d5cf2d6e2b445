// Inputs, outputs and threads of one call of a kernel.
#pragma once

#include <onnxruntime_c_api.h>

#include <cstdint>
#include <initializer_list>
#include <string>

#include "parallel/parallel_for.h"
#include "registration/shape.h"
#include "registration/tensor.h"

namespace edgefleet {

class OperatorDefinition;

/// Data and shape of a runtime's tensor.
Tensor ReadTensor(size_t index, const OrtValue* value);

class KernelContext {
 public:
  KernelContext(const OperatorDefinition& definition, OrtKernelContext* context, const ParallelFor& parallel_for);

  /// Input `index`; not `present()` when the node leaves it out.
  Tensor Input(size_t index) const;

  /// Throws unless the input's shape has this rank and these dimensions.
  void Expect(const Tensor& tensor, std::initializer_list<ExpectedDimension> dimensions) const;

  /// Reads an input and checks its shape. An absent optional input is returned unchecked.
  Tensor Input(size_t index, std::initializer_list<ExpectedDimension> dimensions) const;

  /// Memory of output `index`; null when the node leaves an optional output out.
  void* Output(size_t index, const Shape& shape);

  template <typename T>
  T* Output(size_t index, const Shape& shape) {
    return static_cast<T*>(Output(index, shape));
  }

  /// Runs an operator of the runtime (`RuntimeOperator`) over the first `inputs` inputs and the first outputs, whose shapes are given.
  void Run(const OrtOp* op, size_t inputs, std::initializer_list<Shape> outputs);

  /// Throws: the operator's name, the input, what was found and what is expected.
  [[noreturn]] void Fail(const Tensor& tensor, const std::string& found, const std::string& expected) const;

  /// The CUDA stream of a kernel on a GPU: a `cudaStream_t`.
  void* GpuStream() const;

  /// The allocator of a kind of memory, which the caller releases (`OrtApi::ReleaseAllocator`).
  OrtAllocator* Allocator(const OrtMemoryInfo* memory) const;

  /// Throws: the operator's name and what went wrong in its computation.
  [[noreturn]] void Fail(const std::string& problem) const;

  /// The session's intra-op threads.
  const ParallelFor& parallel_for() const { return parallel_for_; }

 private:
  const OperatorDefinition& definition_;
  OrtKernelContext* context_;
  const ParallelFor& parallel_for_;
  size_t input_count_ = 0;
  size_t output_count_ = 0;
};

}  // namespace edgefleet
