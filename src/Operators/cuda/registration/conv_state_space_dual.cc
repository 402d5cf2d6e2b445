#include "cuda/registration/conv_state_space_dual.h"

#include "conv_state_space_dual/operands.h"
#include "cuda/conv_state_space_dual/conv_state_space_dual.h"
#include "cuda/registration/counters.h"
#include "cuda/registration/device_scratch.h"
#include "cuda/registration/start.h"

namespace edgefleet {
namespace {

using namespace conv_state_space_dual;

template <typename T>
class CudaConvStateSpaceDualKernel final : public Kernel {
 public:
  explicit CudaConvStateSpaceDualKernel(const NodeAttributes& node) : attributes_(node), counters_(node, cuda::kConvDualCounters) {
    for (const size_t parameter : {kWeight, kBias, kA, kD, kDtBias}) {
      constant_parameters_ = constant_parameters_ && node.ConstantInput(parameter).has_value();
    }
  }

  void Compute(KernelContext& context) const override {
    const Operands<T> o(context, attributes_);
    if (o.width > cuda::kMaximumConvWidth) {
      context.Fail(o.weights, "has shape " + o.weights.shape.ToString(), "at most " + std::to_string(cuda::kMaximumConvWidth) + " taps");
    }
    if (o.states > cuda::kMaximumDualStates) {
      context.Fail(o.state, "has shape " + o.state.shape.ToString(),
                   "at most " + std::to_string(cuda::kMaximumDualStates) + " states on CUDA");
    }
    cuda::ConvStateSpaceDualArguments<T> arguments{};
    arguments.counters = counters_.data();
    cuda::CausalConvArguments<T>& convolution = arguments.convolution;
    convolution.input = o.input.data;
    convolution.input_stride = o.input.stride;
    convolution.weight = o.weights.template As<float>();
    convolution.bias = o.bias;
    convolution.past_window = o.past_window;
    convolution.present_window = o.present_window;
    convolution.batch = o.batch;
    convolution.length = o.tokens;
    convolution.channels = o.channels;
    convolution.width = static_cast<int>(o.width);
    convolution.silu = attributes_.silu;
    convolution.constant_weight = constant_parameters_;
    cuda::StateSpaceDualArguments<T>& recurrence = arguments.recurrence;
    recurrence.dt = o.dt.data;
    recurrence.dt_stride = o.dt.stride;
    recurrence.a = o.a;
    recurrence.d = o.d;
    recurrence.z = o.z.data;
    recurrence.z_stride = o.z.stride;
    recurrence.dt_bias = o.dt_bias;
    recurrence.past_state = o.state.template As<float>();
    recurrence.y = o.y;
    recurrence.present_state = o.present_state;
    recurrence.batch = o.batch;
    recurrence.length = o.tokens;
    recurrence.heads = Narrow(context, o.state, o.heads);
    recurrence.head_size = Narrow(context, o.state, o.head_size);
    recurrence.groups = static_cast<int>(attributes_.groups);
    recurrence.states = static_cast<int>(o.states);
    recurrence.dt_min = attributes_.dt_min;
    recurrence.dt_max = attributes_.dt_max;
    recurrence.dt_softplus = attributes_.dt_softplus;

    const bool fused = cuda::FusesConvolution(arguments);
    const DeviceScratch convolved(context, fused ? 0 : static_cast<size_t>(o.batch * o.tokens * o.channels) * sizeof(T));
    convolution.output = static_cast<T*>(convolved.data());
    const DeviceScratch workspace(context, cuda::ConvStateSpaceDualWorkspace(arguments));
    recurrence.workspace = workspace.data();
    Start(context, &cuda::ConvStateSpaceDual<T>, arguments);
  }

 private:
  Attributes attributes_;
  DeviceCounters counters_;
  bool constant_parameters_ = true;
};

}  // namespace

CudaConvStateSpaceDual::CudaConvStateSpaceDual(ONNXTensorElementDataType activations)
    : ConvStateSpaceDualContract(activations, kCudaProvider), activations_(activations) {}

std::unique_ptr<Kernel> CudaConvStateSpaceDual::MakeKernel(const NodeAttributes& attributes) const {
  return MakeKernelOf<CudaConvStateSpaceDualKernel>(activations_, attributes);
}

}  // namespace edgefleet
