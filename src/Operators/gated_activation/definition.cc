#include "gated_activation/definition.h"

#include "gated_activation/kernel.h"
#include "registration/kernel_context.h"
#include "simd/isa.h"

namespace edgefleet {
namespace {

using namespace gated_activation;

class GatedActivationKernel final : public Kernel {
 public:
  explicit GatedActivationKernel(const NodeAttributes& attributes)
      : function_(static_cast<GatedActivationFunction>(attributes.Choice("activation", {"silu", "gelu", "gelu_tanh"}))),
        compute_(SelectGatedActivation(CurrentIsa())) {}

  void Compute(KernelContext& context) const override {
    const Tensor x = context.Input(kX, {Any(), AtLeast(1), AtLeast(2)});
    if (x.shape.last() % 2 != 0) context.Fail(x, "has shape " + x.shape.ToString(), "an even last dimension");
    const int64_t features = x.shape.last() / 2;
    auto* y = context.Output<float>(kY, {x.shape[0], x.shape[1], features});
    compute_({x.As<float>(), y, x.shape[0] * x.shape[1], features, function_}, context.parallel_for());
  }

 private:
  GatedActivationFunction function_;
  GatedActivationSignature* compute_;
};

}  // namespace

GatedActivationDefinition::GatedActivationDefinition() : GatedActivationContract(kFloat) {}

std::unique_ptr<Kernel> GatedActivationDefinition::MakeKernel(const NodeAttributes& attributes) const {
  return std::make_unique<GatedActivationKernel>(attributes);
}

}  // namespace edgefleet
