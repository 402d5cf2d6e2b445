#include "quantized_embedding/definition.h"

#include <string>

#include "quantized_embedding/kernel.h"
#include "quantized_linear/weight_layout.h"

namespace edgefleet {
namespace {

class QuantizedEmbeddingKernel final : public Kernel {
 public:
  explicit QuantizedEmbeddingKernel(const NodeAttributes& attributes)
      : layout_(WeightLayout::Read(attributes, true)), compute_(SelectQuantizedEmbedding(CurrentIsa())) {}

  void Compute(KernelContext& context) const override {
    const Tensor ids = context.Input(0, {AtLeast(1), AtLeast(1)});
    const Tensor weight = context.Input(1);
    WeightLayout::ExpectCount(context, weight, layout_.WeightBytes());
    const Tensor scales = context.Input(2);
    WeightLayout::ExpectCount(context, scales, layout_.Scales());
    const int64_t count = ids.shape.ElementCount();
    for (int64_t i = 0; i < count; i++) {
      const int64_t id = ids.As<int64_t>()[i];
      if (id < 0 || id >= layout_.n) {
        context.Fail(ids, "holds " + std::to_string(id) + " at " + std::to_string(i), "ids of 0.." + std::to_string(layout_.n - 1));
      }
    }
    float* y = context.Output<float>(0, {ids.shape[0], ids.shape[1], layout_.k});
    compute_({ids.As<int64_t>(), weight.As<int8_t>(), scales.As<uint16_t>(), y, count, layout_.k}, context.parallel_for());
  }

 private:
  WeightLayout layout_;
  QuantizedEmbeddingSignature* compute_;
};

}  // namespace

QuantizedEmbeddingDefinition::QuantizedEmbeddingDefinition()
    : OperatorDefinition("QuantizedEmbedding", {{"ids", kInt64}, {"weight", kUint8}, {"scales", kHalf}}, {{"y", kFloat}}) {}

std::unique_ptr<Kernel> QuantizedEmbeddingDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<QuantizedEmbeddingKernel>(attributes);
}

void QuantizedEmbeddingDefinition::InferShapes(ShapeContext& context) const {
  const auto ids = context.Input(0, 2);
  if (!ids) return;
  context.SetOutput(0, {(*ids)[0], (*ids)[1], Dimension::Of(context.Int("k", -1))});
}

}  // namespace edgefleet
