// One input or output of an operator.
#pragma once

#include <onnxruntime_c_api.h>

namespace edgefleet {

enum class Presence { kRequired, kOptional };

struct Port {
  /// As in docs/operators.md; used in error messages.
  const char* name;
  ONNXTensorElementDataType type;
  Presence presence = Presence::kRequired;
  /// Where the provider must place an input; outputs are always on the provider's device.
  OrtMemType memory = OrtMemTypeDefault;
};

inline constexpr ONNXTensorElementDataType kFloat = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
inline constexpr ONNXTensorElementDataType kHalf = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16;
inline constexpr ONNXTensorElementDataType kBFloat16 = ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16;
inline constexpr ONNXTensorElementDataType kUint8 = ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8;
inline constexpr ONNXTensorElementDataType kInt32 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32;
inline constexpr ONNXTensorElementDataType kInt64 = ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64;

}  // namespace edgefleet
