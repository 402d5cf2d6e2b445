#include "conv_state_space_dual/definition.h"

#include "causal_conv1d/kernel.h"
#include "conv_state_space_dual/operands.h"
#include "registration/scratch.h"
#include "simd/isa.h"
#include "state_space_dual/kernel.h"

namespace edgefleet {
namespace {

using namespace conv_state_space_dual;

template <typename T>
class ConvStateSpaceDualKernel final : public Kernel {
 public:
  explicit ConvStateSpaceDualKernel(const NodeAttributes& attributes) : attributes_(attributes) {
    if constexpr (sizeof(T) == sizeof(float)) {
      convolve_ = SelectCausalConv1dFloat(CurrentIsa());
      recur_ = SelectStateSpaceDualFloat(CurrentIsa());
    } else {
      convolve_ = SelectCausalConv1dHalf(CurrentIsa());
      recur_ = SelectStateSpaceDualHalf(CurrentIsa());
    }
  }

  void Compute(KernelContext& context) const override {
    const Operands<T> o(context, attributes_);
    if (o.width > kMaxConvolutionWidth) {
      context.Fail(o.weights, "has shape " + o.weights.shape.ToString(), "at most " + std::to_string(kMaxConvolutionWidth) + " taps");
    }
    const Scratch scratch(context, static_cast<size_t>(o.batch * o.tokens * o.channels) * sizeof(T));
    T* convolved = static_cast<T*>(scratch.data());

    CausalConv1dArguments<T> convolution{};
    convolution.input = o.input;
    convolution.weight = o.weights.template As<float>();
    convolution.bias = o.bias;
    convolution.past_window = o.past_window;
    convolution.output = convolved;
    convolution.present_window = o.present_window;
    convolution.batch = o.batch;
    convolution.tokens = o.tokens;
    convolution.channels = o.channels;
    convolution.width = static_cast<int>(o.width);
    convolution.silu = attributes_.silu;
    convolve_(convolution, context.parallel_for());

    StateSpaceDualArguments<T> recurrence{};
    recurrence.x = {convolved, o.channels};
    recurrence.dt = o.dt;
    recurrence.a = o.a;
    recurrence.b = {convolved + o.inner, o.channels};
    recurrence.c = {convolved + o.inner + attributes_.groups * o.states, o.channels};
    recurrence.d = o.d;
    recurrence.z = o.z;
    recurrence.dt_bias = o.dt_bias;
    recurrence.past_state = o.state.template As<float>();
    recurrence.y = o.y;
    recurrence.present_state = o.present_state;
    recurrence.batch = o.batch;
    recurrence.tokens = o.tokens;
    recurrence.heads = o.heads;
    recurrence.head_size = o.head_size;
    recurrence.groups = attributes_.groups;
    recurrence.state_size = o.states;
    recurrence.dt_min = attributes_.dt_min;
    recurrence.dt_max = attributes_.dt_max;
    recurrence.dt_softplus = attributes_.dt_softplus;
    recur_(recurrence, context.parallel_for());
  }

 private:
  Attributes attributes_;
  void (*convolve_)(const CausalConv1dArguments<T>&, const ParallelFor&);
  void (*recur_)(const StateSpaceDualArguments<T>&, const ParallelFor&);
};

}  // namespace

ConvStateSpaceDualDefinition::ConvStateSpaceDualDefinition(ONNXTensorElementDataType activations)
    : ConvStateSpaceDualContract(activations), activations_(activations) {}

std::unique_ptr<Kernel> ConvStateSpaceDualDefinition::MakeKernel(const NodeAttributes& attributes) const {
  if (activations_ == kHalf) return std::make_unique<ConvStateSpaceDualKernel<Half>>(attributes);
  return std::make_unique<ConvStateSpaceDualKernel<float>>(attributes);
}

}  // namespace edgefleet
