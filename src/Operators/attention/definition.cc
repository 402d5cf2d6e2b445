#include "attention/definition.h"

#include <cmath>
#include <string>

#include "attention/product.h"
#include "registration/kernel_context.h"

namespace edgefleet {
namespace {

class AttentionKernel final : public Kernel {
 public:
  explicit AttentionKernel(const NodeAttributes& attributes)
      : heads_(attributes.RequiredInt("num_heads", 1)),
        kv_heads_(attributes.RequiredInt("kv_num_heads", 1)),
        head_size_(attributes.RequiredInt("head_size", 1)),
        query_offset_(attributes.Int("query_offset", 0)),
        key_offset_(attributes.Int("key_offset", 0)),
        value_offset_(attributes.Int("value_offset", 0)),
        window_(attributes.Int("local_window", -1, -1)),
        interleaved_(attributes.Flag("rotary_interleaved")),
        scale_(attributes.Float("scale", 0.0f)),
        epsilon_(attributes.Float("norm_epsilon", 1e-6f)) {
    if (heads_ % kv_heads_ != 0) {
      attributes.Fail("num_heads", std::to_string(heads_), "a multiple of kv_num_heads, " + std::to_string(kv_heads_));
    }
    if (window_ == 0) attributes.Fail("local_window", "0", "-1 (none) or at least 1");
    if (scale_ == 0.0f) scale_ = 1.0f / std::sqrt(static_cast<float>(head_size_));
  }

  void Compute(KernelContext& context) const override {
    const Tensor query = context.Input(0, {AtLeast(1), AtLeast(1), AtLeast(query_offset_ + heads_ * head_size_)});
    const int64_t batch = query.shape[0];
    const int64_t tokens = query.shape[1];
    const Tensor key = context.Input(1, {Exactly(batch), Exactly(tokens), AtLeast(key_offset_ + kv_heads_ * head_size_)});
    const Tensor value = context.Input(2, {Exactly(batch), Exactly(tokens), AtLeast(value_offset_ + kv_heads_ * head_size_)});
    const Tensor past_key = context.Input(3, {Exactly(batch), Exactly(kv_heads_), AtLeast(1), Exactly(head_size_)});
    const int64_t capacity = past_key.shape[2];
    const Tensor past_value = context.Input(4, {Exactly(batch), Exactly(kv_heads_), Exactly(capacity), Exactly(head_size_)});
    const Tensor past_length = context.Input(5, {Exactly(1)});
    const int64_t past = *past_length.As<int64_t>();
    if (past < 0 || past > capacity - tokens) {
      context.Fail(past_length, "is " + std::to_string(past), "0.." + std::to_string(capacity - tokens) + ": the cache holds " +
                   std::to_string(capacity) + " tokens and this call adds " + std::to_string(tokens));
    }
    const Tensor cos = context.Input(6, {AtLeast(past + tokens), AtLeast(1)});
    const Tensor sin = context.Input(7);
    if (cos.present() && 2 * cos.shape[1] > head_size_) {
      context.Fail(cos, "has shape " + cos.shape.ToString(), "at most " + std::to_string(head_size_ / 2) + " columns");
    }
    if (cos.present() != sin.present()) context.Fail(sin, sin.present() ? "is there" : "is missing", "cos and sin, or neither");
    if (cos.present()) context.Expect(sin, {AtLeast(past + tokens), Exactly(cos.shape[1])});
    const Tensor query_norm = context.Input(8, {Exactly(head_size_)});
    const Tensor key_norm = context.Input(9, {Exactly(head_size_)});

    AttentionArguments a{};
    a.query = query.As<float>() + query_offset_;
    a.key = key.As<float>() + key_offset_;
    a.value = value.As<float>() + value_offset_;
    a.query_stride = static_cast<size_t>(query.shape[2]);
    a.key_stride = static_cast<size_t>(key.shape[2]);
    a.value_stride = static_cast<size_t>(value.shape[2]);
    a.past_key = past_key.As<float>();
    a.past_value = past_value.As<float>();
    a.output = context.Output<float>(0, {batch, tokens, heads_ * head_size_});
    a.present_key = context.Output<float>(1, past_key.shape);
    a.present_value = context.Output<float>(2, past_value.shape);
    a.cos = cos.As<float>();
    a.sin = sin.As<float>();
    a.query_norm = query_norm.As<float>();
    a.key_norm = key_norm.As<float>();
    a.batch = static_cast<size_t>(batch);
    a.tokens = static_cast<size_t>(tokens);
    a.heads = static_cast<size_t>(heads_);
    a.kv_heads = static_cast<size_t>(kv_heads_);
    a.head_size = static_cast<size_t>(head_size_);
    a.capacity = static_cast<size_t>(capacity);
    a.past = static_cast<size_t>(past);
    a.rotary_half = cos.present() ? static_cast<size_t>(cos.shape[1]) : 0;
    a.rotary_interleaved = interleaved_;
    a.norm_epsilon = epsilon_;
    a.scale = scale_;
    a.window = static_cast<size_t>(window_ < 0 ? capacity : window_);
    ComputeAttention(a, context.parallel_for(), isa_);
  }

 private:
  int64_t heads_;
  int64_t kv_heads_;
  int64_t head_size_;
  int64_t query_offset_;
  int64_t key_offset_;
  int64_t value_offset_;
  int64_t window_;
  bool interleaved_;
  float scale_;
  float epsilon_;
  Isa isa_ = CurrentIsa();
};

}  // namespace

AttentionDefinition::AttentionDefinition()
    : OperatorDefinition("Attention",
                         {{"query", kFloat},
                          {"key", kFloat},
                          {"value", kFloat},
                          {"past_key", kFloat},
                          {"past_value", kFloat},
                          {"past_length", kInt64, Presence::kRequired, OrtMemTypeCPUInput},
                          {"cos", kFloat, Presence::kOptional},
                          {"sin", kFloat, Presence::kOptional},
                          {"query_norm", kFloat, Presence::kOptional},
                          {"key_norm", kFloat, Presence::kOptional}},
                         {{"output", kFloat}, {"present_key", kFloat}, {"present_value", kFloat}}) {}

std::unique_ptr<Kernel> AttentionDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<AttentionKernel>(attributes);
}

void AttentionDefinition::InferShapes(ShapeContext& context) const {
  if (const auto query = context.Input(0, 3)) {
    context.SetOutput(0, {(*query)[0], (*query)[1], Dimension::Of(context.Int("num_heads", -1) * context.Int("head_size", 1))});
  }
  if (const auto past_key = context.Input(3, 4)) context.SetOutput(1, *past_key);
  if (const auto past_value = context.Input(4, 4)) context.SetOutput(2, *past_value);
}

}  // namespace edgefleet
