#include "attention/definition.h"

#include <string>

#include "attention/product.h"
#include "registration/kernel_context.h"

namespace edgefleet {
namespace {

using namespace attention;

class AttentionKernel final : public Kernel {
 public:
  explicit AttentionKernel(const NodeAttributes& attributes) : attributes_(attributes) {}

  void Compute(KernelContext& context) const override {
    const Attributes& node = attributes_;
    const Tensor query = context.Input(kQuery, {AtLeast(1), AtLeast(1), AtLeast(node.query_offset + node.heads * node.head_size)});
    const int64_t batch = query.shape[0];
    const int64_t tokens = query.shape[1];
    const Tensor key = context.Input(kKey, {Exactly(batch), Exactly(tokens), AtLeast(node.key_offset + node.kv_heads * node.head_size)});
    const Tensor value =
        context.Input(kValue, {Exactly(batch), Exactly(tokens), AtLeast(node.value_offset + node.kv_heads * node.head_size)});
    const Tensor past_key = context.Input(kPastKey, {Exactly(batch), Exactly(node.kv_heads), AtLeast(1), Exactly(node.head_size)});
    const int64_t capacity = past_key.shape[2];
    const Tensor past_value =
        context.Input(kPastValue, {Exactly(batch), Exactly(node.kv_heads), Exactly(capacity), Exactly(node.head_size)});
    const Tensor past_length = context.Input(kPastLength, {Exactly(1)});
    const int64_t past = *past_length.As<int64_t>();
    if (past < 0 || past > capacity - tokens) {
      context.Fail(past_length, "is " + std::to_string(past), "0.." + std::to_string(capacity - tokens) + ": the cache holds " +
                   std::to_string(capacity) + " tokens and this call adds " + std::to_string(tokens));
    }
    const Tensor cos = context.Input(kCos, {AtLeast(past + tokens), AtLeast(1)});
    const Tensor sin = context.Input(kSin);
    if (cos.present() && 2 * cos.shape[1] > node.head_size) {
      context.Fail(cos, "has shape " + cos.shape.ToString(), "at most " + std::to_string(node.head_size / 2) + " columns");
    }
    if (cos.present() != sin.present()) context.Fail(sin, sin.present() ? "is there" : "is missing", "cos and sin, or neither");
    if (cos.present()) context.Expect(sin, {AtLeast(past + tokens), Exactly(cos.shape[1])});
    const Tensor query_norm = context.Input(kQueryNorm, {Exactly(node.head_size)});
    const Tensor key_norm = context.Input(kKeyNorm, {Exactly(node.head_size)});

    AttentionArguments a{};
    a.query = query.As<float>() + node.query_offset;
    a.key = key.As<float>() + node.key_offset;
    a.value = value.As<float>() + node.value_offset;
    a.query_stride = static_cast<size_t>(query.shape[2]);
    a.key_stride = static_cast<size_t>(key.shape[2]);
    a.value_stride = static_cast<size_t>(value.shape[2]);
    a.past_key = past_key.As<float>();
    a.past_value = past_value.As<float>();
    a.output = context.Output<float>(kOutput, {batch, tokens, node.heads * node.head_size});
    a.present_key = context.Output<float>(kPresentKey, past_key.shape);
    a.present_value = context.Output<float>(kPresentValue, past_value.shape);
    a.cos = cos.As<float>();
    a.sin = sin.As<float>();
    a.query_norm = query_norm.As<float>();
    a.key_norm = key_norm.As<float>();
    a.batch = static_cast<size_t>(batch);
    a.tokens = static_cast<size_t>(tokens);
    a.heads = static_cast<size_t>(node.heads);
    a.kv_heads = static_cast<size_t>(node.kv_heads);
    a.head_size = static_cast<size_t>(node.head_size);
    a.capacity = static_cast<size_t>(capacity);
    a.past = static_cast<size_t>(past);
    a.rotary_half = cos.present() ? static_cast<size_t>(cos.shape[1]) : 0;
    a.rotary_interleaved = node.interleaved;
    a.norm_epsilon = node.epsilon;
    a.scale = node.scale;
    a.window = static_cast<size_t>(node.window < 0 ? capacity : node.window);
    ComputeAttention(a, context.parallel_for(), isa_);
  }

 private:
  Attributes attributes_;
  Isa isa_ = CurrentIsa();
};

}  // namespace

AttentionDefinition::AttentionDefinition() : AttentionContract(OrtMemTypeCPUInput) {}

std::unique_ptr<Kernel> AttentionDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<AttentionKernel>(attributes);
}

}  // namespace edgefleet
