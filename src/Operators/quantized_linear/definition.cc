#include "quantized_linear/definition.h"

#include <algorithm>
#include <string>

#include "quantized_linear/product.h"
#include "quantized_linear/weight_layout.h"

namespace edgefleet {
namespace {

class QuantizedLinearKernel final : public Kernel {
 public:
  explicit QuantizedLinearKernel(const NodeAttributes& attributes) : layout_(WeightLayout::Read(attributes, false)) {}

  void Compute(KernelContext& context) const override {
    const Tensor weight = context.Input(1);
    WeightLayout::ExpectCount(context, weight, layout_.WeightBytes());
    const Tensor scales = context.Input(2);
    WeightLayout::ExpectCount(context, scales, layout_.Scales());
    const Tensor bias = context.Input(3, {Exactly(layout_.n)});
    const Tensor x = context.Input(0);
    if (x.shape.rank() == 0 || x.shape.rank() > Shape::kMaxRank || x.shape.last() != layout_.k) {
      context.Fail(x, "has shape " + x.shape.ToString(), "[..., " + std::to_string(layout_.k) + "], the attribute k");
    }
    int64_t dims[Shape::kMaxRank];
    std::copy_n(x.shape.data(), x.shape.rank(), dims);
    dims[x.shape.rank() - 1] = layout_.n;
    float* y = context.Output<float>(0, Shape(dims, x.shape.rank()));
    QuantizedProduct(x.As<float>(), static_cast<size_t>(x.shape.ElementCount() / layout_.k),
                     {weight.As<uint8_t>(), scales.As<uint16_t>(), bias.As<float>(), static_cast<size_t>(layout_.bits),
                      static_cast<size_t>(layout_.n), static_cast<size_t>(layout_.k)},
                     y, context.parallel_for(), isa_);
  }

 private:
  WeightLayout layout_;
  Isa isa_ = CurrentIsa();
};

}  // namespace

QuantizedLinearDefinition::QuantizedLinearDefinition()
    : OperatorDefinition("QuantizedLinear",
                         {{"x", kFloat}, {"weight", kUint8}, {"scales", kHalf}, {"bias", kFloat, Presence::kOptional}},
                         {{"y", kFloat}}) {}

std::unique_ptr<Kernel> QuantizedLinearDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<QuantizedLinearKernel>(attributes);
}

void QuantizedLinearDefinition::InferShapes(ShapeContext& context) const {
  auto x = context.Input(0);
  if (!x || x->empty()) return;
  x->back() = Dimension::Of(context.Int("n", -1));
  context.SetOutput(0, *x);
}

}  // namespace edgefleet
