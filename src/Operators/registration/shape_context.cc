#include "registration/shape_context.h"

#include <atomic>
#include <memory>

#include "registration/operator_definition.h"
#include "registration/operator_error.h"
#include "registration/ort_api.h"

namespace edgefleet {

std::optional<DimensionList> ShapeContext::Input(size_t index) const {
  size_t count = 0;
  Check(Ort().ShapeInferContext_GetInputCount(context_, &count));
  if (index >= count) return std::nullopt;
  OrtTensorTypeAndShapeInfo* info = nullptr;  // Belongs to the context.
  Check(Ort().ShapeInferContext_GetInputTypeShape(context_, index, &info));
  if (info == nullptr) return std::nullopt;
  size_t rank = 0;
  Check(Ort().GetDimensionsCount(info, &rank));
  if (rank == 0) return std::nullopt;
  std::vector<int64_t> values(rank);
  std::vector<const char*> symbols(rank);
  Check(Ort().GetDimensions(info, values.data(), rank));
  Check(Ort().GetSymbolicDimensions(info, symbols.data(), rank));
  DimensionList dimensions(rank);
  for (size_t axis = 0; axis < rank; ++axis) dimensions[axis] = {values[axis], symbols[axis] == nullptr ? "" : symbols[axis]};
  return dimensions;
}

std::optional<DimensionList> ShapeContext::Input(size_t index, size_t rank) const {
  auto dimensions = Input(index);
  if (dimensions && dimensions->size() != rank) {
    throw OperatorError(ORT_INVALID_ARGUMENT, std::string("edgefleet.") + definition_.name() + ": input " +
                                                  std::to_string(index) + " '" + definition_.inputs()[index].name + "' has rank " +
                                                  std::to_string(dimensions->size()) + "; expected " + std::to_string(rank) + ".");
  }
  return dimensions;
}

int64_t ShapeContext::Int(const char* name, int64_t fallback) const {
  const OrtOpAttr* attribute = nullptr;
  if (OrtStatus* status = Ort().ShapeInferContext_GetAttribute(context_, name, &attribute); status != nullptr) {
    Ort().ReleaseStatus(status);
    return fallback;
  }
  if (attribute == nullptr) return fallback;
  int64_t value = 0;
  size_t size = 0;
  Check(Ort().ReadOpAttr(attribute, ORT_OP_ATTR_INT, &value, sizeof(value), &size));
  return value;
}

ONNXTensorElementDataType ShapeContext::TypeOf(size_t index) const {
  OrtTensorTypeAndShapeInfo* info = nullptr;  // Belongs to the context.
  Check(Ort().ShapeInferContext_GetInputTypeShape(context_, index, &info));
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  if (info != nullptr) Check(Ort().GetTensorElementType(info, &type));
  return type;
}

void ShapeContext::SetOutput(size_t index, const DimensionList& dimensions) {
  SetOutput(index, dimensions, definition_.outputs()[index].type);
}

void ShapeContext::SetOutput(size_t index, const DimensionList& dimensions, ONNXTensorElementDataType type) {
  OrtTensorTypeAndShapeInfo* created = nullptr;
  Check(Ort().CreateTensorTypeAndShapeInfo(&created));
  const std::unique_ptr<OrtTensorTypeAndShapeInfo, decltype(Ort().ReleaseTensorTypeAndShapeInfo)> info(
      created, Ort().ReleaseTensorTypeAndShapeInfo);
  std::vector<int64_t> values;
  std::vector<std::string> names;
  for (const auto& dimension : dimensions) {
    values.push_back(dimension.known() ? dimension.value : -1);
    std::string name = dimension.symbol;
    if (name.empty() && !dimension.known()) {
      // An unknown dimension needs a symbol that no other has: equal symbols mean equal sizes.
      static std::atomic<uint64_t> next{0};
      name = "edgefleet_unknown_" + std::to_string(next++);
    }
    names.push_back(name);
  }
  std::vector<const char*> symbols;
  for (const auto& name : names) symbols.push_back(name.c_str());
  Check(Ort().SetTensorElementType(info.get(), type));
  Check(Ort().SetDimensions(info.get(), values.data(), values.size()));
  Check(Ort().SetSymbolicDimensions(info.get(), symbols.data(), symbols.size()));
  Check(Ort().ShapeInferContext_SetOutputTypeShape(context_, index, info.get()));
}

}  // namespace edgefleet
