#include "cuda/registration/gated_activation.h"

#include "cuda/registration/start.h"
#include "gated_activation/gated_activation.h"

namespace edgefleet {
namespace {

using namespace gated_activation;

template <typename T>
class CudaGatedActivationKernel final : public Kernel {
 public:
  explicit CudaGatedActivationKernel(const NodeAttributes& attributes)
      : activation_(static_cast<cuda::Activation>(attributes.Choice("activation", {"silu", "gelu", "gelu_tanh"}))) {}

  void Compute(KernelContext& context) const override {
    const Tensor x = context.Input(kX, {AtLeast(1), AtLeast(1), AtLeast(2)});
    if (x.shape.last() % 2 != 0) context.Fail(x, "has shape " + x.shape.ToString(), "an even last dimension");
    const int64_t features = x.shape.last() / 2;
    cuda::GatedActivationArguments<T> arguments{};
    arguments.x = x.As<T>();
    arguments.y = context.Output<T>(kY, {x.shape[0], x.shape[1], features});
    arguments.rows = x.shape[0] * x.shape[1];
    arguments.features = features;
    arguments.activation = activation_;
    Start(context, &cuda::GatedActivation<T>, arguments);
  }

 private:
  cuda::Activation activation_;
};

}  // namespace

CudaGatedActivation::CudaGatedActivation(ONNXTensorElementDataType activations)
    : GatedActivationContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaGatedActivation::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaGatedActivationKernel>(activations_, attributes);
}

}  // namespace edgefleet
