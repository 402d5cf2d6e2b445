#include "registration/kernel_context.h"

#include <vector>

#include "registration/operator_definition.h"
#include "registration/operator_error.h"
#include "registration/ort_api.h"

namespace edgefleet {
namespace {
// Since this version a tensor's dimensions can be read without an allocation.
constexpr uint32_t kShapeReferenceVersion = 24;

Shape ReadShape(const OrtValue* value) {
  if (OrtVersion() >= kShapeReferenceVersion) {
    ONNXTensorElementDataType type{};
    const int64_t* dims = nullptr;
    size_t rank = 0;
    Check(Ort().GetTensorElementTypeAndShapeDataReference(value, &type, &dims, &rank));
    return Shape(dims, rank);
  }
  OrtTensorTypeAndShapeInfo* info = nullptr;
  Check(Ort().GetTensorTypeAndShape(value, &info));
  int64_t dims[Shape::kMaxRank] = {};
  size_t rank = 0;
  OrtStatus* status = Ort().GetDimensionsCount(info, &rank);
  if (status == nullptr) status = Ort().GetDimensions(info, dims, rank < Shape::kMaxRank ? rank : Shape::kMaxRank);
  Ort().ReleaseTensorTypeAndShapeInfo(info);
  Check(status);
  return Shape(dims, rank);
}
}  // namespace

Tensor ReadTensor(size_t index, const OrtValue* value) {
  void* data = nullptr;
  // The C API has one getter, which takes the value as mutable; inputs are only read.
  Check(Ort().GetTensorMutableData(const_cast<OrtValue*>(value), &data));
  return {index, data, ReadShape(value)};
}

KernelContext::KernelContext(const OperatorDefinition& definition, OrtKernelContext* context, const ParallelFor& parallel_for)
    : definition_(definition), context_(context), parallel_for_(parallel_for) {
  Check(Ort().KernelContext_GetInputCount(context, &input_count_));
  Check(Ort().KernelContext_GetOutputCount(context, &output_count_));
}

Tensor KernelContext::Input(size_t index) const {
  Tensor absent;
  absent.index = index;
  if (index >= input_count_) return absent;
  const OrtValue* value = nullptr;
  Check(Ort().KernelContext_GetInput(context_, index, &value));
  return value == nullptr ? absent : ReadTensor(index, value);
}

void KernelContext::Expect(const Tensor& tensor, std::initializer_list<ExpectedDimension> dimensions) const {
  bool admitted = tensor.shape.rank() == dimensions.size();
  size_t axis = 0;
  for (const auto& dimension : dimensions) admitted = admitted && dimension.Admits(tensor.shape[axis++]);
  if (admitted) return;
  std::string expected = "[";
  for (const auto& dimension : dimensions) expected += (expected.size() == 1 ? "" : ", ") + dimension.ToString();
  Fail(tensor, "has shape " + tensor.shape.ToString(), expected + "]");
}

Tensor KernelContext::Input(size_t index, std::initializer_list<ExpectedDimension> dimensions) const {
  const Tensor tensor = Input(index);
  if (tensor.present()) {
    Expect(tensor, dimensions);
  } else if (definition_.inputs()[index].presence == Presence::kRequired) {
    Fail(tensor, "is empty", "a tensor with data");
  }
  return tensor;
}

void* KernelContext::Output(size_t index, const Shape& shape) {
  if (index >= output_count_) return nullptr;
  OrtValue* value = nullptr;
  Check(Ort().KernelContext_GetOutput(context_, index, shape.data(), shape.rank(), &value));
  if (value == nullptr) return nullptr;
  void* data = nullptr;
  Check(Ort().GetTensorMutableData(value, &data));
  return data;
}

void KernelContext::Run(const OrtOp* op, size_t inputs, std::initializer_list<Shape> outputs) {
  std::vector<const OrtValue*> from(inputs);
  for (size_t i = 0; i < inputs && i < input_count_; ++i) Check(Ort().KernelContext_GetInput(context_, i, &from[i]));
  std::vector<OrtValue*> to;
  for (const Shape& shape : outputs) {
    OrtValue* value = nullptr;
    Check(Ort().KernelContext_GetOutput(context_, to.size(), shape.data(), shape.rank(), &value));
    to.push_back(value);
  }
  Check(Ort().InvokeOp(context_, op, from.data(), static_cast<int>(from.size()), to.data(), static_cast<int>(to.size())));
}

void* KernelContext::GpuStream() const {
  void* stream = nullptr;
  Check(Ort().KernelContext_GetGPUComputeStream(context_, &stream));
  return stream;
}

OrtAllocator* KernelContext::Allocator(const OrtMemoryInfo* memory) const {
  OrtAllocator* allocator = nullptr;
  Check(Ort().KernelContext_GetAllocator(context_, memory, &allocator));
  return allocator;
}

void KernelContext::Fail(const std::string& problem) const {
  throw OperatorError(ORT_FAIL, std::string("edgefleet.") + definition_.name() + ": " + problem);
}

void KernelContext::Fail(const Tensor& tensor, const std::string& found, const std::string& expected) const {
  throw OperatorError(ORT_INVALID_ARGUMENT, std::string("edgefleet.") + definition_.name() + ": input " +
                                                std::to_string(tensor.index) + " '" + definition_.inputs()[tensor.index].name +
                                                "' " + found + "; expected " + expected + ".");
}

}  // namespace edgefleet
