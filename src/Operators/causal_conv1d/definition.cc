#include "causal_conv1d/definition.h"

#include <vector>

#include "causal_conv1d/kernel.h"
#include "registration/packed_input.h"
#include "simd/isa.h"

namespace edgefleet {
namespace {

using namespace causal_conv1d;

template <typename T>
class CausalConv1dKernel final : public Kernel {
 public:
  explicit CausalConv1dKernel(const NodeAttributes& attributes)
      : silu_(attributes.Choice("activation", {"none", "silu"}) == 1), offset_(attributes.Int("input_offset", 0)) {
    if constexpr (sizeof(T) == sizeof(float)) {
      compute_ = SelectCausalConv1dFloat(CurrentIsa());
    } else {
      compute_ = SelectCausalConv1dHalf(CurrentIsa());
    }
    // Neighbouring lanes hold neighbouring channels, so a tap of all channels should be contiguous. Shapes are checked per call.
    const auto weight = attributes.ConstantInput(kWeight);
    if (!weight || weight->shape.rank() != 2) return;
    const int64_t channels = weight->shape[0];
    const int64_t width = weight->shape[1];
    weight_by_tap_.resize(static_cast<size_t>(channels * width));
    for (int64_t channel = 0; channel < channels; ++channel) {
      for (int64_t tap = 0; tap < width; ++tap) {
        weight_by_tap_[static_cast<size_t>(tap * channels + channel)] = weight->As<float>()[channel * width + tap];
      }
    }
  }

  void Compute(KernelContext& context) const override {
    const Tensor weight = context.Input(kWeight, {AtLeast(1), AtLeast(1)});
    const int64_t channels = weight.shape[0];
    const int64_t width = weight.shape[1];
    if (width > kMaxConvolutionWidth) {
      context.Fail(weight, "has shape " + weight.shape.ToString(), "at most " + std::to_string(kMaxConvolutionWidth) + " taps");
    }
    const Tensor input = context.Input(kInput, {AtLeast(1), AtLeast(1), AtLeast(offset_ + channels)});
    const int64_t batch = input.shape[0];
    const int64_t tokens = input.shape[1];
    const Tensor bias = context.Input(kBias, {Exactly(channels)});
    // A window of no rows has no memory.
    const Tensor past = context.Input(kPastWindow);
    context.Expect(past, {Exactly(batch), Exactly(width - 1), Exactly(channels)});
    CausalConv1dArguments<T> arguments{};
    arguments.input = {input.As<T>() + offset_, input.shape.last()};
    arguments.weight_by_tap = weight_by_tap_.empty() ? nullptr : weight_by_tap_.data();
    arguments.weight = weight.As<float>();
    arguments.bias = bias.As<float>();
    arguments.past_window = past.As<T>();
    arguments.output = context.Output<T>(kOutput, {batch, tokens, channels});
    arguments.present_window = context.Output<T>(kPresentWindow, {batch, width - 1, channels});
    arguments.batch = batch;
    arguments.tokens = tokens;
    arguments.channels = channels;
    arguments.width = static_cast<int>(width);
    arguments.silu = silu_;
    compute_(arguments, context.parallel_for());
  }

 private:
  bool silu_;
  int64_t offset_;
  void (*compute_)(const CausalConv1dArguments<T>&, const ParallelFor&);
  std::vector<float> weight_by_tap_;
};

}  // namespace

CausalConv1dDefinition::CausalConv1dDefinition(ONNXTensorElementDataType activations)
    : CausalConv1dContract(activations), activations_(activations) {}

std::unique_ptr<Kernel> CausalConv1dDefinition::MakeKernel(const NodeAttributes& attributes) const {
  if (activations_ == kHalf) return std::make_unique<CausalConv1dKernel<Half>>(attributes);
  return std::make_unique<CausalConv1dKernel<float>>(attributes);
}

}  // namespace edgefleet
