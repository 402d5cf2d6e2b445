// Inputs, outputs, attributes and shapes of `edgefleet.Attention` (docs/operators.md), for the definitions of each provider.
#pragma once

#include "registration/operator_definition.h"

namespace edgefleet {

namespace attention {
enum Input : size_t { kQuery, kKey, kValue, kPastKey, kPastValue, kPastLength, kCos, kSin, kQueryNorm, kKeyNorm };
enum Output : size_t { kOutput, kPresentKey, kPresentValue };

/// The attributes of a node, checked.
struct Attributes {
  explicit Attributes(const NodeAttributes& attributes);

  int64_t heads;
  int64_t kv_heads;
  int64_t head_size;
  int64_t query_offset;
  int64_t key_offset;
  int64_t value_offset;
  /// Tokens that a token sees, itself included; -1 for all.
  int64_t window;
  bool interleaved;
  float scale;
  float epsilon;
};
}  // namespace attention

class AttentionContract : public OperatorDefinition {
 public:
  /// `past_length` is where that input is wanted: on the host where a kernel reads it before it starts anything.
  explicit AttentionContract(OrtMemType past_length, const char* provider = nullptr);
  void InferShapes(ShapeContext& context) const override;
};

}  // namespace edgefleet
