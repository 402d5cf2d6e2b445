#include "group_query_attention/contract.h"

#include <string>

namespace edgefleet {

using namespace group_query_attention;

namespace group_query_attention {

Attributes::Attributes(const NodeAttributes& attributes)
    : heads(attributes.RequiredInt("num_heads", 1)),
      kv_heads(attributes.RequiredInt("kv_num_heads", 1)),
      window(attributes.Int("local_window_size", -1, -1)),
      rotary(attributes.Flag("do_rotary")),
      interleaved(attributes.Flag("rotary_interleaved")),
      scale(attributes.Float("scale", 0.0f)) {
  if (heads % kv_heads != 0) {
    attributes.Fail("num_heads", std::to_string(heads), "a multiple of kv_num_heads, " + std::to_string(kv_heads));
  }
  if (window == 0) attributes.Fail("local_window_size", "0", "-1 (none) or at least 1");
}

RuntimeAttention::RuntimeAttention(const NodeAttributes& node, const Attributes& attributes, ONNXTensorElementDataType type)
    : attributes_(attributes),
      operator_(node, {"com.microsoft", "GroupQueryAttention", 1, kSin + 1, kPresentValue + 1},
                // Runtimes whose cache may be of another type ask for its type too; older ones do not know it.
                {{{"T", type}, {"T_CACHE", type}}, {{"T", type}}},
                {{"num_heads", attributes.heads},
                 {"kv_num_heads", attributes.kv_heads},
                 {"local_window_size", attributes.window},
                 {"do_rotary", int64_t{attributes.rotary}},
                 {"rotary_interleaved", int64_t{attributes.interleaved}},
                 {"scale", attributes.scale}}) {}

void RuntimeAttention::Run(KernelContext& context) const {
  const Tensor query = context.Input(kQuery, {AtLeast(1), AtLeast(1), AtLeast(1)});
  const Tensor past_key = context.Input(kPastKey, {Exactly(query.shape[0]), Exactly(attributes_.kv_heads), AtLeast(1), AtLeast(1)});
  const Tensor total = context.Input(kTotalLength);
  // The runtime takes the outputs as they are: it would write behind a cache that is too small.
  if (total.As<int32_t>() == nullptr || *total.As<int32_t>() > past_key.shape[2]) {
    context.Fail(total, total.present() ? "is " + std::to_string(*total.As<int32_t>()) : "is missing",
                 "at most " + std::to_string(past_key.shape[2]) + ", the tokens that the cache holds");
  }
  operator_.Run(context, {Shape{query.shape[0], query.shape[1], attributes_.heads * past_key.shape[3]}, past_key.shape, past_key.shape});
}

}  // namespace group_query_attention

GroupQueryAttentionContract::GroupQueryAttentionContract(ONNXTensorElementDataType type, const char* provider)
    : OperatorDefinition("GroupQueryAttention",
                         {{"query", type},
                          {"key", type, Presence::kOptional},
                          {"value", type, Presence::kOptional},
                          {"past_key", type},
                          {"past_value", type},
                          {"seqlens_k", kInt32},
                          {"total_sequence_length", kInt32, Presence::kRequired, OrtMemTypeCPUInput},
                          {"cos_cache", type, Presence::kOptional},
                          {"sin_cache", type, Presence::kOptional}},
                         {{"output", type}, {"present_key", type}, {"present_value", type}},
                         provider) {}

void GroupQueryAttentionContract::InferShapes(ShapeContext& context) const {
  const auto query = context.Input(kQuery, 3);
  const auto past_key = context.Input(kPastKey, 4);
  const auto type = context.TypeOf(kQuery);
  if (query && past_key && (*past_key)[3].known()) {
    context.SetOutput(kOutput, {(*query)[0], (*query)[1], Dimension::Of(context.Int("num_heads", -1) * (*past_key)[3].value)}, type);
  }
  if (past_key) context.SetOutput(kPresentKey, *past_key, type);
  if (const auto past_value = context.Input(kPastValue, 4)) context.SetOutput(kPresentValue, *past_value, type);
}

}  // namespace edgefleet
