#include "attention/contract.h"

#include <cmath>
#include <string>

namespace edgefleet {

using namespace attention;

Attributes::Attributes(const NodeAttributes& attributes)
    : heads(attributes.RequiredInt("num_heads", 1)),
      kv_heads(attributes.RequiredInt("kv_num_heads", 1)),
      head_size(attributes.RequiredInt("head_size", 1)),
      query_offset(attributes.Int("query_offset", 0)),
      key_offset(attributes.Int("key_offset", 0)),
      value_offset(attributes.Int("value_offset", 0)),
      window(attributes.Int("local_window", -1, -1)),
      interleaved(attributes.Flag("rotary_interleaved")),
      scale(attributes.Float("scale", 0.0f)),
      epsilon(attributes.Float("norm_epsilon", 1e-6f)) {
  if (heads % kv_heads != 0) {
    attributes.Fail("num_heads", std::to_string(heads), "a multiple of kv_num_heads, " + std::to_string(kv_heads));
  }
  if (window == 0) attributes.Fail("local_window", "0", "-1 (none) or at least 1");
  if (scale == 0.0f) scale = 1.0f / std::sqrt(static_cast<float>(head_size));
}

AttentionContract::AttentionContract(OrtMemType past_length, const char* provider)
    : OperatorDefinition("Attention",
                         {{"query", kFloat},
                          {"key", kFloat},
                          {"value", kFloat},
                          {"past_key", kFloat},
                          {"past_value", kFloat},
                          {"past_length", kInt64, Presence::kRequired, past_length},
                          {"cos", kFloat, Presence::kOptional},
                          {"sin", kFloat, Presence::kOptional},
                          {"query_norm", kFloat, Presence::kOptional},
                          {"key_norm", kFloat, Presence::kOptional}},
                         {{"output", kFloat}, {"present_key", kFloat}, {"present_value", kFloat}},
                         provider) {}

void AttentionContract::InferShapes(ShapeContext& context) const {
  if (const auto query = context.Input(kQuery, 3)) {
    context.SetOutput(kOutput, {(*query)[0], (*query)[1], Dimension::Of(context.Int("num_heads", -1) * context.Int("head_size", 1))});
  }
  if (const auto past_key = context.Input(kPastKey, 4)) context.SetOutput(kPresentKey, *past_key);
  if (const auto past_value = context.Input(kPastValue, 4)) context.SetOutput(kPresentValue, *past_value);
}

}  // namespace edgefleet
