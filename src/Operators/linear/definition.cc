#include "linear/definition.h"

#include <algorithm>

#include "linear/product.h"
#include "registration/kernel_context.h"

namespace edgefleet {
namespace {

class LinearKernel final : public Kernel {
 public:
  void Compute(KernelContext& context) const override {
    const Tensor weight = context.Input(1, {AtLeast(1), AtLeast(1)});
    const int64_t n = weight.shape[0];
    const int64_t k = weight.shape[1];
    const Tensor bias = context.Input(2, {Exactly(n)});
    const Tensor x = context.Input(0);
    if (x.shape.rank() == 0 || x.shape.rank() > Shape::kMaxRank || x.shape.last() != k) {
      context.Fail(x, "has shape " + x.shape.ToString(), "[..., " + std::to_string(k) + "], the inputs of weight");
    }
    int64_t dims[Shape::kMaxRank];
    std::copy_n(x.shape.data(), x.shape.rank(), dims);
    dims[x.shape.rank() - 1] = n;
    const Shape shape(dims, x.shape.rank());
    float* y = context.Output<float>(0, shape);
    LinearProduct({x.As<float>(), weight.As<float>(), bias.As<float>(), y, static_cast<size_t>(x.shape.ElementCount() / k),
                   static_cast<size_t>(n), static_cast<size_t>(k)},
                  context.parallel_for(), isa_);
  }

 private:
  Isa isa_ = CurrentIsa();
};

}  // namespace

LinearDefinition::LinearDefinition()
    : OperatorDefinition("Linear", {{"x", kFloat}, {"weight", kFloat}, {"bias", kFloat, Presence::kOptional}}, {{"y", kFloat}}) {}

std::unique_ptr<Kernel> LinearDefinition::MakeKernel(const NodeAttributes&) const { return std::make_unique<LinearKernel>(); }

void LinearDefinition::InferShapes(ShapeContext& context) const {
  auto x = context.Input(0);
  const auto weight = context.Input(1, 2);
  if (!x || x->empty() || !weight) return;
  x->back() = (*weight)[0];
  context.SetOutput(0, *x);
}

}  // namespace edgefleet
