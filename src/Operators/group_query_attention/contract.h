// Inputs, outputs, attributes and shapes of `edgefleet.GroupQueryAttention` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"
#include "registration/runtime_operator.h"

namespace edgefleet {

namespace group_query_attention {
enum Input : size_t { kQuery, kKey, kValue, kPastKey, kPastValue, kLastPositions, kTotalLength, kCos, kSin };
enum Output : size_t { kOutput, kPresentKey, kPresentValue };

/// The attributes of a node, checked.
struct Attributes {
  explicit Attributes(const NodeAttributes& attributes);

  int64_t heads;
  int64_t kv_heads;
  /// Tokens that a token sees, itself included; -1 for all.
  int64_t window;
  bool rotary;
  bool interleaved;
  /// 0 for 1 / sqrt(head size).
  float scale;
};

/// ONNX Runtime's operator of the same name, with the same inputs, outputs and attributes.
class RuntimeAttention {
 public:
  RuntimeAttention(const NodeAttributes& node, const Attributes& attributes, ONNXTensorElementDataType type);

  /// Computes the node.
  void Run(KernelContext& context) const;

 private:
  Attributes attributes_;
  RuntimeOperator operator_;
};
}  // namespace group_query_attention

class GroupQueryAttentionContract : public OperatorDefinition {
 public:
  explicit GroupQueryAttentionContract(ONNXTensorElementDataType type, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
