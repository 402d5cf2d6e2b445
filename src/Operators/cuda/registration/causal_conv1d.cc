#include "cuda/registration/causal_conv1d.h"

#include "causal_conv/causal_conv.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

using namespace causal_conv1d;

template <typename T>
class CudaCausalConv1dKernel final : public Kernel {
 public:
  explicit CudaCausalConv1dKernel(const NodeAttributes& attributes)
      : silu_(attributes.Choice("activation", {"none", "silu"}) == 1),
        offset_(attributes.Int("input_offset", 0)),
        constant_weight_(attributes.ConstantInput(kWeight).has_value() && attributes.ConstantInput(kBias).has_value()) {}

  void Compute(KernelContext& context) const override {
    const Tensor weight = context.Input(kWeight, {AtLeast(1), AtLeast(1)});
    const int64_t channels = weight.shape[0];
    const int64_t width = weight.shape[1];
    if (width > cuda::kMaximumConvWidth) {
      context.Fail(weight, "has shape " + weight.shape.ToString(), "at most " + std::to_string(cuda::kMaximumConvWidth) + " taps");
    }
    const Tensor input = context.Input(kInput, {AtLeast(1), AtLeast(1), AtLeast(offset_ + channels)});
    const int64_t batch = input.shape[0];
    const int64_t tokens = input.shape[1];
    // A window of no rows has no memory.
    const Tensor past = context.Input(kPastWindow);
    context.Expect(past, {Exactly(batch), Exactly(width - 1), Exactly(channels)});
    cuda::CausalConvArguments<T> arguments{};
    arguments.input = input.As<T>() + offset_;
    arguments.input_stride = input.shape.last();
    arguments.weight = weight.As<float>();
    arguments.bias = context.Input(kBias, {Exactly(channels)}).template As<float>();
    arguments.past_window = past.As<T>();
    arguments.output = context.Output<T>(kOutput, {batch, tokens, channels});
    arguments.present_window = context.Output<T>(kPresentWindow, {batch, width - 1, channels});
    arguments.batch = batch;
    arguments.length = tokens;
    arguments.channels = channels;
    arguments.width = static_cast<int>(width);
    arguments.silu = silu_;
    arguments.constant_weight = constant_weight_;
    Start(context, &cuda::CausalConv<T>, arguments);
  }

 private:
  bool silu_;
  int64_t offset_;
  bool constant_weight_;
};

}  // namespace

CudaCausalConv1d::CudaCausalConv1d(ONNXTensorElementDataType activations)
    : CausalConv1dContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaCausalConv1d::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaCausalConv1dKernel>(activations_, attributes);
}

}  // namespace edgefleet
